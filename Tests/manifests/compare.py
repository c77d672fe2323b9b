"""Two forms of an environment, compared leaf by leaf."""

import json
from collections.abc import Iterator
from typing import Any

from charts import chart_label
from documents import Object
from objects import Identity, leaves
from permitted import ABSENT, PRESENT, Difference, Permitted

Form = dict[Identity, Object]


def unpermitted(helm: Form, kustomize: Form, permitted: Permitted) -> list[Difference]:
    """The differences that the file does not permit."""
    left = dict(kustomize)
    found: list[Difference] = []
    for key, thing in helm.items():
        partner = key if key in left else _renamed(key, left, permitted)
        if partner is not None:
            found += judged(key, thing, left.pop(partner), partner.name, permitted)
        elif not permitted.permits(alone := Difference(key, "", PRESENT, ABSENT), {}):
            found.append(alone)
    for key in left:
        if not permitted.permits(alone := Difference(key, "", ABSENT, PRESENT), {}):
            found.append(alone)
    return found


def _renamed(key: Identity, others: Form, permitted: Permitted) -> Identity | None:
    for renaming in permitted.names:
        for other in others:
            if renaming.pairs(key, other):
                renaming.uses += 1
                return other
    return None


def within(key: Identity, helm: Object, kustomize: Object, name: str) -> Iterator[Difference]:
    """The leaves in which two objects differ; `name` is what the second is called."""
    left, right = leaves(helm), leaves(kustomize)
    if name != key.name and "/metadata/name" in left:
        # That it is called so was judged when the two were paired.
        right["/metadata/name"] = left["/metadata/name"]
    for path in sorted(left.keys() | right.keys()):
        here, there = _text(left, path), _text(right, path)
        if here != there:
            yield Difference(key, path, here, there)


def judged(
    key: Identity, helm: Object, kustomize: Object, name: str, permitted: Permitted
) -> Iterator[Difference]:
    """The differences of two objects that are not permitted, and those that should be there."""
    found = list(within(key, helm, kustomize, name))
    words = _words(helm)
    yield from (difference for difference in found if not permitted.permits(difference, words))
    yield from permitted.missing(key, found)


def _words(thing: Object) -> dict[str, str]:
    """What the values in braces of permitted differences stand for in an object of Helm."""
    metadata = thing.get("metadata", {})
    release = metadata.get("labels", {}).get("app.kubernetes.io/instance")
    words = {"release": release, "namespace": metadata.get("namespace"), "chart": chart_label()}
    return {word: value for word, value in words.items() if isinstance(value, str)}


def _text(table: dict[str, Any], path: str) -> str:
    # As JSON, so that "1", 1 and true are three values.
    return json.dumps(table[path]) if path in table else ABSENT
