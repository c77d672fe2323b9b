"""What may differ between the forms: permitted-differences.yaml, and whether it is still needed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from documents import read_file
from objects import Identity
from places import HERE
from proof import Failure

ABSENT = "absent"
PRESENT = "present"
FILE = HERE / "permitted-differences.yaml"


@dataclass(frozen=True, order=True)
class Difference:
    """A leaf that is not the same, or an object that only one form has (its path is empty)."""

    thing: Identity
    path: str
    helm: str
    kustomize: str

    def __str__(self) -> str:
        return f"{self.thing}{self.path}: Helm: {self.helm}; kustomize: {self.kustomize}"


@dataclass
class Permission:
    """One entry of the file: where a difference may be, and what it may be."""

    objects: str
    path: str
    helm: str
    kustomize: str
    reason: str
    # Whether objects that both forms have must differ so.
    always: bool = False
    # An object that differs by one of a group has to differ by all of it.
    group: str = ""
    uses: int = 0

    def permits(self, difference: Difference, words: Mapping[str, str]) -> bool:
        if not (
            _fits(self.objects, str(difference.thing))
            and _fits(self.path, difference.path)
            and difference.helm == _filled(self.helm, words)
            and difference.kustomize == self.kustomize
        ):
            return False
        self.uses += 1
        return True


def _fits(pattern: str, text: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL))


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    return text


@dataclass
class Renaming:
    """Objects that the two forms call differently; both are compared under Helm's name."""

    kind: str
    helm: re.Pattern[str]
    kustomize: re.Pattern[str]
    reason: str
    uses: int = 0

    def pairs(self, helm: Identity, kustomize: Identity) -> bool:
        return (
            helm.kind == kustomize.kind == self.kind
            and (helm.namespace, helm.group) == (kustomize.namespace, kustomize.group)
            and _captured(self.helm, helm.name) is not None
            and _captured(self.helm, helm.name) == _captured(self.kustomize, kustomize.name)
        )


def _captured(pattern: re.Pattern[str], name: str) -> tuple[str | Any, ...] | None:
    match = pattern.fullmatch(name)
    return match.groups() if match else None


@dataclass
class Permitted:
    """The whole file."""

    differences: list[Permission] = field(default_factory=list)
    names: list[Renaming] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path = FILE) -> "Permitted":
        content = read_file(path)
        return cls(
            [Permission(**_with_reason(entry)) for entry in content["differences"]],
            [
                Renaming(
                    entry["kind"],
                    re.compile(entry["helm"]),
                    re.compile(entry["kustomize"]),
                    _with_reason(entry)["reason"],
                )
                for entry in content["names"]
            ],
        )

    def for_helm(self) -> "Permitted":
        """What Helm makes and `ops` does not, even where it builds objects as for Helm."""
        return Permitted([entry for entry in self.differences if entry.helm == PRESENT])

    def permits(self, difference: Difference, words: Mapping[str, str]) -> bool:
        """`words` are what the values in braces stand for."""
        return any(permission.permits(difference, words) for permission in self.differences)

    def missing(self, thing: Identity, found: Iterable[Difference]) -> Iterator[Difference]:
        """Differences that an object of both forms should show, and does not."""
        paths = {difference.path for difference in found}
        own = [entry for entry in self.differences if _fits(entry.objects, str(thing))]
        groups = {entry.group for entry in own if entry.group and entry.path in paths}
        for entry in own:
            if (entry.always or entry.group in groups) and entry.path not in paths:
                yield Difference(thing, entry.path, f"no longer {entry.helm}", "the same")

    def unused(self) -> list[str]:
        """Entries that permitted nothing: they would hide what comes later."""
        return [
            f"{FILE.name}: nothing differs any more at {entry.objects}{entry.path}"
            for entry in self.differences
            if entry.uses == 0
        ] + [
            f"{FILE.name}: no {entry.kind} has two names any more"
            for entry in self.names
            if entry.uses == 0
        ]


def _with_reason(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    if not entry.get("reason", "").strip():
        raise Failure([f"{FILE.name}: an entry has no reason: {entry}"])
    return entry
