"""Tells whether the schemas of crds allow what the operators' own definitions would refuse.

usage: compare_crds.py FOLDER

FOLDER has CustomResourceDefinitions, from the operators' releases. For each kind of crds every
field has to be in the definition, of the same type, and the choices and bounds within its own.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from documents import Object
from kubernetes_schemas import operator_schemas


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    definitions = dict(_definitions(Path(arguments[0])))
    problems = []
    for key, schema in operator_schemas().items():
        name = f"{key[0]} {key[1]}"
        if key not in definitions:
            problems.append(f"{name}: no definition in {arguments[0]}")
            continue
        found = list(_looser(schema["properties"]["spec"], definitions[key]["spec"], name))
        problems += found
        print(f"{name}: {'as strict as its operator' if not found else 'looser'}")
    print(*problems, sep="\n")
    return 1 if problems else 0


def _definitions(folder: Path) -> Iterator[tuple[tuple[str, str], Object]]:
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
            if isinstance(document, dict) and document.get("kind") == "CustomResourceDefinition":
                spec = document["spec"]
                for version in spec["versions"]:
                    key = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
                    yield key, version["schema"]["openAPIV3Schema"]["properties"]


def _looser(own: Object, theirs: Object, place: str) -> Iterator[str]:
    if "$ref" in own:
        return  # a type of Kubernetes itself
    yield from _wrong_type(own, theirs, place)
    for name in theirs.get("required", []):
        if name not in own.get("required", []) and "default" not in theirs["properties"][name]:
            yield f"{place}: {name} has to be there"
    for key, schema in own.get("properties", {}).items():
        known = theirs.get("properties", {})
        if key not in known:
            yield f"{place}: the operator does not know {key}"
        else:
            yield from _looser(schema, known[key], f"{place}.{key}")
    if "items" in own:
        yield from _looser(own["items"], theirs["items"], f"{place}[]")


def _wrong_type(own: Object, theirs: Object, place: str) -> Iterator[str]:
    kinds = {"string"} if "enum" in own else _kinds(own)
    allowed = {"string", "integer"} if theirs.get("x-kubernetes-int-or-string") else _kinds(theirs)
    if not kinds <= allowed:
        yield f"{place}: {kinds} here, {allowed} there"
    choices: list[str] = own.get("enum", [])
    extra = set(choices) - set(theirs.get("enum", choices))
    if extra or ("enum" in theirs and "enum" not in own):
        yield f"{place}: choices there: {theirs.get('enum')}"
    for bound, is_looser in (("minimum", int.__lt__), ("maximum", int.__gt__)):
        if bound in theirs and ("enum" not in own):
            mine: Any = own.get(bound)
            if mine is None or is_looser(mine, theirs[bound]):
                yield f"{place}: {bound} {mine} here, {theirs[bound]} there"


def _kinds(schema: Object) -> set[str]:
    kinds = schema.get("type", "object")
    return set(kinds) if isinstance(kinds, list) else {kinds}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
