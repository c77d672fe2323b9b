"""Deliberate mistakes for the rules: what good/ has, changed in one respect."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from documents import Object, read_all, read_file
from objects import identity
from policies import FOLDER
from proof import Failure


@dataclass(frozen=True)
class Mistake:
    """A change, and the rules that have to find it."""

    catches: str
    also: Sequence[str] = ()
    object: str | None = None
    set: Object = field(default_factory=dict)
    remove: Sequence[str] = ()
    add: Sequence[Object] = ()
    drop: Sequence[str] = ()
    production: bool = True

    def applied(self, things: Sequence[Object]) -> list[Object]:
        """Copies of the objects with the mistake in them."""
        changed = [
            copy.deepcopy(thing) for thing in things if str(identity(thing)) not in self.drop
        ]
        if len(changed) != len(things) - len(self.drop):
            raise Failure([f"{self.catches}: not all of {self.drop} are there"])
        if self.object is not None:
            targets = [thing for thing in changed if str(identity(thing)) == self.object]
            if len(targets) != 1:
                raise Failure([f"{self.catches}: there is no {self.object}"])
            for place in self.remove:
                parent, key = _place(targets[0], place)
                del parent[key]
            for place, value in self.set.items():
                parent, key = _place(targets[0], place, makes=True)
                parent[key] = copy.deepcopy(value)
        return changed + copy.deepcopy(list(self.add))


def _place(root: Any, pointer: str, makes: bool = False) -> tuple[Any, str | int]:
    keys = [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
    node = root
    for key in keys[:-1]:
        if isinstance(node, list):
            node = node[int(key)]
        else:
            node = node.setdefault(key, {}) if makes else node[key]
    return node, int(keys[-1]) if isinstance(node, list) else keys[-1]


def good() -> list[Object]:
    """The objects that no rule has anything to say of."""
    return [
        thing
        for path in sorted((FOLDER / "good").glob("*.yaml"))
        for thing in read_all(path.read_text(encoding="utf-8"))
    ]


def of_area(area: str) -> list[Mistake]:
    """The mistakes that the rules of an area have to find."""
    path: Path = FOLDER / "bad" / f"{area}.yaml"
    return [Mistake(**entry) for entry in read_file(path)]
