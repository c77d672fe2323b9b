"""Secrets that no manifest makes, but that are there before it is applied."""

from collections.abc import Sequence

from documents import Object

# Databases whose address is in a Secret that a person or `ops secrets init` makes.
ADDRESSED = ("external", "bundled")


def given(values: Object, things: Sequence[Object]) -> list[str]:
    """The names of Secrets that the values say others make."""
    secrets = values.get("secrets", {})
    name = _full_name(things)
    names = [secret["existing"] for secret in secrets.values() if "existing" in secret]
    names += [f"{name}-{key}" for key, secret in secrets.items() if "sops" in secret]
    mode = values.get("database", {}).get("mode", ADDRESSED[0])
    if mode in ADDRESSED and "database" not in secrets:
        names.append(f"{name}-database")
    backup = values.get("backup", {})
    if backup.get("enabled"):
        names += [backup["credentials"]] if "credentials" in backup else []
        identity = backup.get("drill", {}).get("identity")
        names += [identity] if identity else []
    certificate = values.get("ingress", {}).get("tlsSecret")
    pulls = values.get("pod", {}).get("pullSecrets", [])
    return [*names, *([certificate] if certificate else []), *pulls]


def _full_name(things: Sequence[Object]) -> str:
    """The name that those of all objects begin with: that of the Deployment."""
    deployments = [thing["metadata"]["name"] for thing in things if thing["kind"] == "Deployment"]
    return deployments[0] if deployments else ""
