"""Images: pinned, one version of each, and the facts that a Dockerfile has to repeat."""

import re
from collections.abc import Iterator
from pathlib import Path

PINNED = re.compile(r"(?P<name>[a-z0-9][a-z0-9./_-]*):(?P<version>[\w.-]+@sha256:[0-9a-f]{64})\b")
STAGE = re.compile(r"^FROM (?P<base>\S+)(?: AS (?P<name>\S+))?$", re.MULTILINE)

# Where images are named that somebody else made.
PLACES = (
    "Dockerfile",
    "compose.yaml",
    ".github/workflows/*.yml",
    "charts/*/templates/*",
    "docs/guide.md",
)


def whole(name: str) -> str:
    """A name with its registry: without one Docker's is meant, by Docker alone."""
    registry, slash, _ = name.partition("/")
    if slash and ("." in registry or ":" in registry or registry == "localhost"):
        return name
    return f"docker.io/{name}" if slash else f"docker.io/library/{name}"


def check_versions(files: dict[str, str]) -> Iterator[str]:
    """Images of which two files have two versions."""
    seen: dict[str, tuple[str, str]] = {}
    for file, text in files.items():
        for image in PINNED.finditer(text):
            version, first = seen.setdefault(whole(image["name"]), (image["version"], file))
            if image["version"] != version:
                yield (
                    f"{file} has {image['name']}:{image['version']}, but {first} has {version}"
                )


def check_bases(dockerfile: str) -> Iterator[str]:
    """Bases that are neither a stage nor pinned by their digest, or that buildah does not find."""
    stages: set[str] = set()
    for stage in STAGE.finditer(dockerfile):
        image = PINNED.fullmatch(stage["base"])
        if stage["base"] not in stages and image is None:
            yield f"Dockerfile: FROM {stage['base']} is not NAME:TAG@sha256:DIGEST"
        if image is not None and image["name"] != whole(image["name"]):
            yield f"Dockerfile: FROM {image['name']} names no registry: {whole(image['name'])}"
        if stage["name"] is not None:
            stages.add(stage["name"])


def check_programs(dockerfile: str, policy_file: str) -> Iterator[str]:
    """A PostgreSQL in the image for operators that is not the one that ops counts on."""
    image = re.search(r"^ARG POSTGRES_MAJOR=(\d+)$", dockerfile, re.MULTILINE)
    major = re.search(r"imageMajor = (\d+)", policy_file)
    if image is None or major is None or image[1] != major[1]:
        yield (
            f"Dockerfile: ARG POSTGRES_MAJOR={image and image[1]}, "
            f"but ops counts on {major and major[1]}"
        )


def check_context(ignore: str) -> Iterator[str]:
    """A list that does not leave out everything first."""
    lines = [line for line in ignore.splitlines() if line and not line.startswith("#")]
    if lines[:1] != ["*"]:
        yield ".dockerignore has to begin with *: what is not named must not reach the builder"


def check(root: Path) -> list[str]:
    """Everything that is wrong with the images of a repository."""
    paths = [path for place in PLACES for path in sorted(root.glob(place)) if path.is_file()]
    dockerfile = (root / "Dockerfile").read_text()
    return [
        *check_versions({str(path.relative_to(root)): path.read_text() for path in paths}),
        *check_bases(dockerfile),
        *check_programs(dockerfile, (root / "Sources/Ops/Platform/BackupPolicy.swift").read_text()),
        *check_context((root / ".dockerignore").read_text()),
    ]
