"""The forms agree: Helm's objects and kustomize's, leaf by leaf, for every environment."""

import itertools
from collections.abc import Iterator
from typing import Any

import forms
from charts import Chart
from compare import Form, judged, unpermitted
from documents import Object
from objects import Identity, by_identity, places, pointer, removed, replaced
from permitted import Permitted
from platform_file import Environment, choices, environments
from proof import counted, expect, refuse

# One change in so many is tried where it is not production.
SAMPLED = 7
CHANGED_TEXT = "changed by the test"


def prove_agreement() -> str:
    """What differs is permitted; whether that is still needed is told with the generated values."""
    permitted = Permitted.read()
    chart = Chart()
    problems, count = [], 0
    compared = [*environments(), *choices()]
    for environment in compared:
        helm, kustomize = both(chart, environment)
        problems += [
            f"{environment.name}: {difference}"
            for difference in unpermitted(helm, kustomize, permitted)
        ]
        count += len(helm)
    refuse(problems)
    entries = len(permitted.differences) + len(permitted.names)
    return (
        f"{counted(count, 'object')} of {counted(len(compared), 'environment')} agree but for"
        f" {entries} permitted differences"
    )


def prove_sensitivity() -> str:
    """A change of any other leaf of production, and of some of the rest, is noticed."""
    chart = Chart()
    production = [environment for environment in environments() if environment.production]
    expect(bool(production), "no environment is for production")
    changes = _tried(chart, production[0], 1)
    some = sum(_tried(chart, environment, SAMPLED) for environment in choices())
    return (
        f"{counted(changes, 'change')} of production's leaves and {some:,} of those of other"
        " choices, in either form, are all noticed"
    )


def _tried(chart: Chart, environment: Environment, step: int) -> int:
    """How many changes, each of so many one, were noticed."""
    permitted = Permitted.read()
    helm, kustomize = both(chart, environment)
    expect(
        not unpermitted(helm, kustomize, permitted),
        f"{environment.name}: the forms differ before anything is changed",
    )
    problems, count = [], 0
    for where, left, right in (("Helm", helm, kustomize), ("kustomize", kustomize, helm)):
        for key, thing in left.items():
            partner = _partner(key, right, permitted)
            if partner is None:
                # Only this form has it: taking it away has to be noticed elsewhere.
                continue
            for what, changed in itertools.islice(_changes(thing), 0, None, step):
                pair = (changed, right[partner]) if where == "Helm" else (right[partner], changed)
                if not any(judged(key, *pair, partner.name, permitted)):
                    problems.append(f"{where}: {key}{what}: nothing is noticed")
                count += 1
        problems += _unnoticed_losses(where, helm, kustomize, permitted)
    refuse([f"{environment.name}: {problem}" for problem in problems])
    return count


def both(chart: Chart, environment: Environment) -> tuple[Form, Form]:
    return (
        by_identity(forms.helm(chart, environment), "helm template"),
        by_identity(forms.kustomize(environment.overlay), "kubectl kustomize"),
    )


def _partner(key: Identity, others: Form, permitted: Permitted) -> Identity | None:
    if key in others:
        return key
    for renaming in permitted.names:
        for other in others:
            if renaming.pairs(key, other) or renaming.pairs(other, key):
                return other
    return None


def _changes(thing: Object) -> Iterator[tuple[str, Object]]:
    """The object with each leaf changed, each value taken away, and a key added to each mapping."""
    for path, value in places(thing):
        place = pointer(path)
        if path[0] in ("apiVersion", "kind") or path[:2] == ("metadata", "name"):
            continue  # another object: see the losses
        if value is not None:
            yield f"{place} taken away", removed(thing, path)
        if not isinstance(value, dict | list):
            yield f"{place} changed", replaced(thing, path, _other(value))
        elif isinstance(value, dict):
            yield f"{place} grown", replaced(thing, (*path, "added"), CHANGED_TEXT)
        else:
            yield f"{place} grown", replaced(thing, path, [*value, CHANGED_TEXT])
            if len(value) > 1 and value[::-1] != value:
                yield f"{place} turned round", replaced(thing, path, value[::-1])


def _other(value: Any) -> Any:
    """Another value of the same type; a text that no pattern of the file fits."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return CHANGED_TEXT


def _unnoticed_losses(
    where: str, helm: Form, kustomize: Form, permitted: Permitted
) -> Iterator[str]:
    """Each object that one form loses; those that it alone has may go."""
    form = helm if where == "Helm" else kustomize
    other = kustomize if where == "Helm" else helm
    for key in form:
        if _partner(key, other, permitted) is None:
            continue
        fewer = {other_key: thing for other_key, thing in form.items() if other_key != key}
        pair = (fewer, kustomize) if where == "Helm" else (helm, fewer)
        if not unpermitted(*pair, permitted):
            yield f"{where}: nobody misses {key}"
