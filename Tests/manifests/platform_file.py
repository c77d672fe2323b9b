"""The environments of platform.yaml and of choices.yaml, as far as the tests need them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from documents import read_file
from places import CHOICES, CHOSEN, DIGEST, PLATFORM, RENDERED
from proof import Failure


@dataclass(frozen=True)
class Environment:
    """One environment of a cluster."""

    name: str
    release: str
    namespace: str
    # What it was rendered into, with an image.
    tree: Path

    @property
    def values(self) -> Path:
        """Its values."""
        return self.tree / "charts" / "slipway" / "values" / f"{self.name}.yaml"

    @property
    def production(self) -> bool:
        """Whether the strictest rules are for it."""
        return bool(read_file(self.values)["environment"] == "production")

    @property
    def overlay(self) -> Path:
        return self.tree / "kustomize" / "overlays" / self.name

    @property
    def flat(self) -> Path:
        return self.tree / "kustomize" / "flat" / f"{self.name}.yaml"


def repository() -> str:
    """The image without tag and digest."""
    name: str = read_file(PLATFORM)["service"]["image"]
    return name


def image() -> str:
    """The image of a release."""
    return f"{repository()}@{DIGEST}"


def environments() -> list[Environment]:
    """Every environment of a cluster."""
    return _environments(PLATFORM, RENDERED)


def choices() -> list[Environment]:
    """Those that are there for the choices that no environment makes."""
    return _environments(CHOICES, CHOSEN)


@cache
def _environments(file: Path, tree: Path) -> list[Environment]:
    platform = read_file(file)
    found = [
        Environment(
            name=name,
            release=platform["service"]["name"],
            namespace=settings["namespace"],
            tree=tree,
        )
        for name, settings in (
            (name, {**platform.get("defaults", {}), **own})
            for name, own in platform["environments"].items()
        )
        if settings["target"] != "local"
    ]
    if not found:
        raise Failure([f"{file.name} has no environment of a cluster"])
    return found
