"""The environments of platform.yaml, as far as the tests need them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from documents import read_file
from places import DIGEST, PLATFORM, RENDERED
from proof import Failure


@dataclass(frozen=True)
class Environment:
    """One environment of a cluster."""

    name: str
    release: str
    namespace: str

    @property
    def values(self) -> Path:
        """Its values, rendered with an image."""
        return RENDERED / "charts" / "slipway" / "values" / f"{self.name}.yaml"

    @property
    def production(self) -> bool:
        """Whether the strictest rules are for it."""
        return bool(read_file(self.values)["environment"] == "production")

    @property
    def overlay(self) -> Path:
        return RENDERED / "kustomize" / "overlays" / self.name

    @property
    def flat(self) -> Path:
        return RENDERED / "kustomize" / "flat" / f"{self.name}.yaml"


def repository() -> str:
    """The image without tag and digest."""
    name: str = read_file(PLATFORM)["service"]["image"]
    return name


def image() -> str:
    """The image of a release."""
    return f"{repository()}@{DIGEST}"


@cache
def environments() -> list[Environment]:
    """Every environment of a cluster."""
    platform = read_file(PLATFORM)
    found = [
        Environment(
            name=name,
            release=platform["service"]["name"],
            namespace=settings["namespace"],
        )
        for name, settings in (
            (name, {**platform.get("defaults", {}), **own})
            for name, own in platform["environments"].items()
        )
        if settings["target"] != "local"
    ]
    if not found:
        raise Failure(["platform.yaml has no environment of a cluster"])
    return found
