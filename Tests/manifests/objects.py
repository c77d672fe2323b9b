"""Kubernetes objects: what identifies one, and its leaves as a flat table."""

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from documents import Object
from proof import Failure

Path = tuple[str | int, ...]
# Each leaf of an object under its path: `/spec/ports/[http]/port` -> 80.
Leaves = dict[str, Any]


@dataclass(frozen=True, order=True)
class Identity:
    """What Kubernetes tells two objects apart by."""

    kind: str
    name: str
    namespace: str
    group: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def identity(thing: Object) -> Identity:
    metadata = thing.get("metadata", {})
    group = thing["apiVersion"].rpartition("/")[0]
    return Identity(thing["kind"], metadata["name"], metadata.get("namespace", ""), group)


def by_identity(things: Iterable[Object], origin: str) -> dict[Identity, Object]:
    """The objects of a form; one that is there twice is an error."""
    table: dict[Identity, Object] = {}
    for thing in things:
        key = identity(thing)
        if key in table:
            raise Failure([f"{origin}: {key} is there twice"])
        table[key] = thing
    return table


def leaves(thing: Object) -> Leaves:
    """Every leaf under its path.

    Elements that have a name go by it, so that one more in the middle of a list is one difference
    and not many; that their order is the same is a leaf of its own, as it can matter (`env`).
    Empty mappings and lists are leaves: `emptyDir: {}` is not the same as nothing.
    """
    return dict(_leaves(thing, ""))


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            if value is not None:  # an API server drops what is null
                yield from _leaves(value, f"{path}/{escaped(key)}")
    elif isinstance(node, list) and node:
        names = element_names(node)
        if names:
            yield f"{path}/[]", names
        for index, element in enumerate(node):
            yield from _leaves(element, f"{path}/[{names[index] if names else index}]")
    else:
        yield path, node


def element_names(elements: list[Any]) -> list[str] | None:
    """The names by which the elements of a list can be told apart, if they all have one."""
    names = [element.get("name") for element in elements if isinstance(element, dict)]
    if len(names) != len(elements) or len(set(map(str, names))) != len(names):
        return None
    return [str(name) for name in names] if all(isinstance(name, str) for name in names) else None


def escaped(key: str) -> str:
    """A key as a JSON Pointer writes it. https://www.rfc-editor.org/rfc/rfc6901"""
    return key.replace("~", "~0").replace("/", "~1")


def places(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value below the root with the keys that lead to it, inner ones before their leaves."""
    if path:
        yield path, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from places(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from places(value, (*path, index))


def replaced(node: Any, path: Path, value: Any) -> Any:
    """A copy with another value at a place."""
    root = copy.deepcopy(node)
    _parent(root, path)[path[-1]] = value
    return root


def removed(node: Any, path: Path) -> Any:
    """A copy without a place."""
    root = copy.deepcopy(node)
    del _parent(root, path)[path[-1]]
    return root


def _parent(node: Any, path: Path) -> Any:
    for key in path[:-1]:
        node = node[key]
    return node


def pointer(path: Path) -> str:
    """The keys that lead to a place, as a JSON Pointer."""
    return "".join(f"/{escaped(str(key))}" for key in path)
