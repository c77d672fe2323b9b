"""Mistakes in values: Helm refuses every misspelt key and every wrong type, at its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from charts import Chart, read_values
from documents import Object, read_file
from generate import merged
from objects import Path, places, pointer, removed, replaced
from places import CHART, HERE
from platform_file import environments
from proof import counted, refuse

# A value of every type that JSON has.
SAMPLES: dict[str, Any] = {
    "string": "a text",
    "integer": 7,
    "number": 1.5,
    "boolean": True,
    "array": ["a text"],
    "object": {"key": "a text"},
}

# The folder of the files of values that are here for this step.
OWN = "values/"


def prove_refused() -> str:
    """Helm refuses each mistake in each file of values, and its message says where."""
    chart = Chart()
    leeway = Leeway.read()
    files = list(_files())
    problems = _unmet(chart, [values for _, values in files])
    misspelt = retyped = 0
    tried: set[Path] = set()
    for name, values in files:
        # What stands for no environment is there for the places that no other file has.
        skipped = set(tried) if name.startswith(OWN) else set()
        tried |= {path for path, _ in places(values)}
        for path, wrong, expected in _misspelt(values, leeway):
            if path in skipped:
                continue
            problems += _judge(chart, f"{name}: {pointer(path)} misspelt", wrong, expected)
            misspelt += 1
        for path, wrong, kind in _retyped(values, leeway):
            if path in skipped:
                continue
            expected = [f"'{pointer(path)}'"]
            problems += _judge(chart, f"{name}: {pointer(path)} as {kind}", wrong, expected)
            retyped += 1
    refuse(problems + leeway.unused())
    return f"{counted(misspelt, 'misspelt key')} and {retyped:,} wrong types refused at their place"


def _unmet(chart: Chart, documents: list[Object]) -> list[str]:
    """Places that the schema knows and no file has: no mistake was tried there."""
    met = [path for document in documents for path, _ in places(document)]
    return [
        f"{pointer(wanted)}: no file of values has it; write it into one of Tests/manifests/values"
        for wanted in _known(chart.schema, ())
        if not any(_is_at(path, wanted) for path in met)
    ]


def _known(schema: Any, path: Path) -> Iterator[Path]:
    """Every place that a schema describes; `*` is any key, and any element of a list."""
    if path:
        yield path
    for key, inner in schema.get("properties", {}).items():
        yield from _known(inner, (*path, key))
    for keyword in ("additionalProperties", "items"):
        if isinstance(inner := schema.get(keyword), dict):
            yield from _known(inner, (*path, "*"))


def _is_at(path: Path, wanted: Path) -> bool:
    return len(path) == len(wanted) and all(
        there in (here, "*") for here, there in zip(path, wanted, strict=True)
    )


def _files() -> Iterator[tuple[str, Object]]:
    # As written: what Helm hands out has no keys without a value.
    yield "values.yaml", read_file(CHART / "values.yaml")
    for environment in environments():
        yield environment.values.name, read_values(environment.values)
    # What is laid over the defaults is whole.
    for path in sorted((HERE / "values").glob("*.yaml")):
        yield f"{OWN}{path.name}", merged(read_file(CHART / "values.yaml"), read_values(path))


def _judge(chart: Chart, what: str, wrong: Object, expected: list[str]) -> list[str]:
    said = chart.check_values(wrong)
    if said is None:
        return [f"{what}: Helm takes it"]
    return [f"{what}: no {part} in: {said}" for part in expected if part not in said]


@dataclass
class Leeway:
    """values-leeway.yaml: where users choose the keys, and where several types are right."""

    free: dict[str, bool]
    types: dict[str, list[str]]

    @classmethod
    def read(cls) -> "Leeway":
        content = read_file(HERE / "values-leeway.yaml")
        return cls(dict.fromkeys(content["free"], False), content["types"])

    def is_free(self, path: Path) -> bool:
        """Whether the keys of a mapping are the user's."""
        place = pointer(path)
        if place in self.free:
            self.free[place] = True
        return place in self.free

    def unused(self) -> list[str]:
        return [
            f"values-leeway.yaml: {place} is not there"
            for place, met in self.free.items()
            if not met
        ]


def _misspelt(values: Object, leeway: Leeway) -> Iterator[tuple[Path, Object, list[str]]]:
    """Each key with a letter too many; the message has to name it and the mapping that it is in."""
    for path, value in places(values):
        key = path[-1]
        if isinstance(key, str) and not leeway.is_free(path[:-1]):
            wrong = replaced(removed(values, path), (*path[:-1], f"{key}x"), value)
            yield path, wrong, [f"'{key}x'", f"'{pointer(path[:-1])}'"]
        if value == {}:
            leeway.is_free(path)


def _retyped(values: Object, leeway: Leeway) -> Iterator[tuple[Path, Object, str]]:
    """Each value as one of every other type."""
    for path, value in places(values):
        right = leeway.types.get(pointer(path), [_type(value)])
        if value is None:
            continue  # Helm takes a key without a value for one that is not there
        for kind, sample in SAMPLES.items():
            if kind not in right and not ("number" in right and kind == "integer"):
                yield path, replaced(values, path, sample), kind


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    # Helm's numbers come as JSON, where 1.0 is an integer.
    if isinstance(value, float) and not value.is_integer():
        return "number"
    names = {str: "string", int: "integer", float: "integer", list: "array", dict: "object"}
    return names[type(value)]
