"""compose.yaml: every container confined and bounded, every secret a file that is not committed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from images import PINNED
from ruamel.yaml import YAML


def check_service(name: str, service: dict[str, Any]) -> Iterator[str]:
    """What a service has too much of."""
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    logs = service.get("logging", {}).get("options", {})
    wanted = {
        "has logs without end": {"max-size", "max-file"} <= logs.keys(),
        "has a root to write to": service.get("read_only") is True,
        "keeps capabilities": service.get("cap_drop") == ["ALL"],
        "may get privileges": "no-new-privileges:true" in service.get("security_opt", []),
        "gets capabilities": not service.get("cap_add"),
        "is privileged": not service.get("privileged"),
        "has no limits": {"cpus", "memory", "pids"} <= limits.keys(),
        "has an image that is neither built here nor pinned": "build" in service
        or PINNED.fullmatch(str(service.get("image"))) is not None,
    }
    yield from (f"compose.yaml: {name} {fault}" for fault, is_well in wanted.items() if not is_well)
    for variable, value in dict(service.get("environment", {})).items():
        is_secret = any(word in variable for word in ("PASSWORD", "SECRET", "DATABASE_URL"))
        if is_secret and not variable.endswith("_FILE"):
            yield f"compose.yaml: {name} gets {variable} as a value, not as a file ({value!r})"
    # A service may start only after a condition, never merely after another one's start.
    if service.get("restart") == "unless-stopped" and "healthcheck" not in service:
        yield f"compose.yaml: {name} has no healthcheck that others could wait for"
    for other, dependency in dict(service.get("depends_on", {})).items():
        if dependency.get("condition") in (None, "service_started"):
            yield f"compose.yaml: {name} starts beside {other}, whether that is ready or not"


def check_majors(services: dict[str, Any]) -> Iterator[str]:
    """Programs for backups that are of another major than the database."""
    database = PINNED.fullmatch(services["database"]["image"])
    major = database and database["version"].split(".")[0]
    programs = services["backup"]["build"]["args"].get("POSTGRES_MAJOR")
    if major != programs:
        yield f"compose.yaml: backup has PostgreSQL {programs}, but database {major}"


def check_document(document: dict[str, Any]) -> Iterator[str]:
    """Everything that is wrong with a compose file."""
    for name, service in document["services"].items():
        yield from check_service(name, service)
    yield from check_majors(document["services"])
    for name, secret in document.get("secrets", {}).items():
        if not str(secret.get("file", "")).startswith(".slipway/"):
            yield f"compose.yaml: the secret {name} is not a file under .slipway"


def check(root: Path) -> list[str]:
    """Everything that is wrong with the compose file of a repository."""
    yaml = YAML(typ="safe", pure=True)
    return list(check_document(yaml.load((root / "compose.yaml").read_text())))
