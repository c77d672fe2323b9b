"""Values that the schema of the chart allows: many, different, and the same for the same seed.

A place of the values is a factor, what may stand there are its levels, one of which is that
nothing is written. Rows are built so that each two levels of the important factors (choices,
switches, and whether something is given) meet in one of them; all other factors are drawn.
"""

import copy
import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jsonschema
import rstr

from documents import Object
from objects import Path, pointer

# A level that writes nothing.
NOTHING = object()
TEXT_LENGTH_MAX = 60
# How often a row that the schema refuses is thinned out before its pair counts as impossible.
TRIES_MAX = 12

Row = dict[Path, Any]
Pair = tuple[Path, int, Path, int]


@dataclass
class Factor:
    """A place and what may stand there; level 0 writes nothing."""

    path: Path
    levels: list[Any]
    is_important: bool


@dataclass
class Generator:
    """Makes documents from a schema."""

    schema: Object
    seed: int
    # What values are laid over, as Helm does it.
    defaults: Object
    # What every document has unless a row says otherwise: what users must give.
    base: Object
    # Levels of places for which a schema cannot suggest any with a meaning.
    hints: dict[str, list[Any]]
    impossible: set[Pair] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._texts = rstr.Rstr(self._random)
        self._validator = jsonschema.validators.validator_for(self.schema)(self.schema)
        self.factors = list(self._factors(self.schema, ()))

    def paired(self) -> Iterator[Object]:
        """Documents in which all pairs meet, and one that is nothing but the base."""
        yield copy.deepcopy(self.base)
        yield from self._pairwise()

    def drawn(self, count: int) -> Iterator[Object]:
        """At most as many as are asked for, drawn at random."""
        for _ in range(count):
            if (document := self.document()) is not None:
                yield document

    def document(self) -> Object | None:
        """One drawn at random; none where no part of what was drawn is allowed."""
        return self._thinned(self._drawn_row(), keep=frozenset())

    def pairs(self) -> Iterator[Pair]:
        """Every two levels of two important factors."""
        important = [factor for factor in self.factors if factor.is_important]
        for left, right in itertools.combinations(important, 2):
            for here in range(len(left.levels)):
                for there in range(len(right.levels)):
                    yield left.path, here, right.path, there

    def _pairwise(self) -> Iterator[Object]:
        uncovered = dict.fromkeys(self.pairs())
        levels = {factor.path: factor.levels for factor in self.factors}
        while uncovered:
            pair = next(iter(uncovered))
            row = self._row_around(pair, uncovered)
            document, kept = self._repaired(row, pair)
            if document is None:
                self.impossible.add(pair)
                del uncovered[pair]
                continue
            chosen = {
                path: levels[path].index(value) for path, value in kept.items() if path in levels
            }
            for left, right in itertools.combinations(sorted(chosen, key=pointer), 2):
                uncovered.pop((left, chosen[left], right, chosen[right]), None)
                uncovered.pop((right, chosen[right], left, chosen[left]), None)
            uncovered.pop(pair, None)
            yield document

    def _row_around(self, pair: Pair, uncovered: dict[Pair, None]) -> Row:
        row = self._drawn_row()
        by_path = {factor.path: factor for factor in self.factors}
        fixed = {pair[0]: pair[1], pair[2]: pair[3]}
        # Take along what was not seen together with the two yet.
        for left, here, right, there in itertools.islice(uncovered, 2000):
            if fixed.get(left, here) == here and fixed.get(right, there) == there:
                fixed.setdefault(left, here)
                fixed.setdefault(right, there)
        for path, level in fixed.items():
            row[path] = by_path[path].levels[level]
        return row

    def _repaired(self, row: Row, pair: Pair) -> tuple[Object | None, Row]:
        keep = frozenset((pair[0], pair[2]))
        for _ in range(TRIES_MAX):
            document = self._built(row)
            if self._is_valid(document):
                return document, row
            row = self._thinner(row, keep, document)
        return None, row

    def _thinned(self, row: Row, keep: frozenset[Path]) -> Object | None:
        for _ in range(TRIES_MAX):
            document = self._built(row)
            if self._is_valid(document):
                return document
            row = self._thinner(row, keep, document)
        return None

    def _thinner(self, row: Row, keep: frozenset[Path], document: Object) -> Row:
        """The row without what the schema's complaints are about, or without half of it."""
        blamed: set[Path] = set()
        for error in self._validator.iter_errors(merged(self.defaults, document)):
            place = tuple(error.absolute_path)
            blamed |= {path for path in row if path[: len(place)] == place and path not in keep}
        doomed = {path for path in blamed if self._random.random() < 0.5}
        if not doomed:
            doomed = {path for path in row if path not in keep and self._random.random() < 0.5}
        return {path: NOTHING if path in doomed else value for path, value in row.items()}

    def _is_valid(self, document: Object) -> bool:
        return bool(self._validator.is_valid(merged(self.defaults, document)))

    def _built(self, row: Row) -> Object:
        document: Object = copy.deepcopy(self.base)
        for path, value in row.items():
            if value is NOTHING:
                continue
            node: Any = document
            for key in path[:-1]:
                node = node.setdefault(key, {})
            node[path[-1]] = copy.deepcopy(value)
        return document

    def _drawn_row(self) -> Row:
        return {factor.path: self._random.choice(factor.levels) for factor in self.factors}

    def _factors(self, schema: Object, path: Path) -> Iterator[Factor]:
        for key, inner in schema.get("properties", {}).items():
            place = (*path, key)
            inner = self._resolved(inner)
            if "properties" in inner:
                yield from self._factors(inner, place)
                continue
            levels = [NOTHING, *self.hints.get(pointer(place), self._levels(inner))]
            is_choice = "enum" in inner or inner.get("type") == "boolean"
            yield Factor(place, levels, is_choice or len(levels) == 2)

    def _levels(self, schema: Object) -> list[Any]:
        """Some values of a schema: all of a choice, the ends of a range, texts of a pattern."""
        schema = self._resolved(schema)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return [level for inner in schema[keyword] for level in self._levels(inner)]
        if "const" in schema:
            return [schema["const"]]
        if "enum" in schema:
            return list(schema["enum"])
        kinds = schema.get("type", "object")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        return [level for kind in kinds for level in self._of_type(kind, schema)]

    def _of_type(self, kind: str, schema: Object) -> list[Any]:
        if kind == "boolean":
            return [False, True]
        if kind in ("integer", "number"):
            ends = [schema.get("minimum"), schema.get("default"), schema.get("maximum")]
            return _distinct([int(end) for end in ends if isinstance(end, int | float)])
        if kind == "array":
            return self._lists(schema)
        if kind == "object":
            return self._mappings(schema)
        if kind == "null":
            return []
        return self._strings(schema)

    def _strings(self, schema: Object) -> list[str]:
        texts = list(schema.get("examples", []))
        if isinstance(schema.get("default"), str):
            texts.append(schema["default"])
        if "pattern" in schema:
            texts += [self._text(schema) for _ in range(2)]
        elif not texts:
            texts.append("text")
        return _distinct([text for text in texts if text is not None])

    def _text(self, schema: Object) -> str | None:
        pattern = schema["pattern"]
        for _ in range(200):
            text: str = self._texts.xeger(_finite(pattern))
            fits = len(text) <= schema.get("maxLength", TEXT_LENGTH_MAX)
            if fits and len(text) >= schema.get("minLength", 0) and re.search(pattern, text):
                return text
        return None

    def _lists(self, schema: Object) -> list[Any]:
        elements = self._elements(schema.get("items", {"type": "string"}))
        lists: list[Any] = [[], elements[:1], elements[:2]]
        least = schema.get("minItems", 0)
        return _distinct([elements for elements in lists if len(elements) >= least])

    def _elements(self, schema: Object) -> list[Any]:
        schema = self._resolved(schema)
        if "properties" in schema:
            return [self._whole(schema), self._whole(schema)]
        return self._levels(schema)

    def _whole(self, schema: Object) -> Object:
        """A mapping that is an element: what it must have, and some of the rest."""
        required = schema.get("required", [])
        chosen = {}
        for key, inner in schema["properties"].items():
            if key in required or self._random.random() < 0.5:
                chosen[key] = self._random.choice(self._levels(inner))
        return chosen

    def _mappings(self, schema: Object) -> list[Any]:
        patterns = schema.get("patternProperties", {})
        inner = next(iter(patterns.values()), schema.get("additionalProperties"))
        if not isinstance(inner, dict):
            return [self._whole(schema)] if "properties" in schema else [{}]
        names = {"pattern": next(iter(patterns), None)} if patterns else schema.get("propertyNames")
        keys = [self._key(names) for _ in range(2)]
        values = self._elements(inner)
        first = {keys[0]: values[0]}
        return [{}, first, {**first, keys[1]: values[-1]}]

    def _key(self, names: Object | None) -> str:
        if not names or not names.get("pattern"):
            return self._texts.xeger("[a-z]{3,8}")
        return self._text(names) or "key"

    def _resolved(self, schema: Object) -> Object:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        node: Any = self.schema
        for key in reference.removeprefix("#/").split("/"):
            node = node[key]
        resolved: Object = node
        return resolved


def merged(under: Any, over: Any) -> Any:
    """Values laid over others: mappings are merged, anything else is replaced."""
    if isinstance(under, dict) and isinstance(over, dict):
        both = {key: merged(under[key], over[key]) for key in under.keys() & over.keys()}
        return {**under, **over, **both}
    return over


def _distinct(values: list[Any]) -> list[Any]:
    """Each once; JSON tells 1 from true."""
    return list({(type(value), repr(value)): value for value in values}.values())


def _finite(pattern: str) -> str:
    """The pattern with bounds where it has none, and without what looks ahead."""
    pattern = re.sub(r"\(\?[!=][^()]*(\([^()]*\)[^()]*)*\)", "", pattern)
    parts = re.split(r"(\[(?:\\.|[^\]])*\])", pattern)
    # Every other part is a class of characters, in which * and + are themselves.
    parts[::2] = [_bounded(part) for part in parts[::2]]
    return "".join(parts)


def _bounded(part: str) -> str:
    part = re.sub(r"(?<!\\)\*", "{0,4}", part)
    return re.sub(r"(?<!\\)\+", "{1,4}", part)
