"""Every object of every form is one that Kubernetes, or the operator of its kind, knows."""

from collections.abc import Sequence

import check_kustomize
import forms
import kubernetes_schemas
from charts import Chart
from documents import Object
from objects import by_identity
from places import KUBERNETES
from platform_file import environments
from policies import Policies
from proof import counted, refuse
from secrets_given import given

# Rules about what only an overlay adds: the image, and the Job that migrates.
OVERLAYS_ADD = {"latest-tag", "dangling-networkpolicy", "dangling-networkpolicypeer-podselector"}


def prove_known() -> str:
    chart = Chart()
    problems: list[str] = []
    count = 0
    for kubernetes in KUBERNETES:
        for where, things in _forms(chart, kubernetes):
            problems += [
                f"{where}: {problem}" for problem in kubernetes_schemas.problems(things, kubernetes)
            ]
            count += len(things)
    refuse(problems)
    kinds = len(kubernetes_schemas.operator_schemas())
    return (
        f"{counted(count, 'object')} valid, strictly, for Kubernetes {', '.join(KUBERNETES)} and"
        f" {counted(kinds, 'kind')} of operators"
    )


def _forms(chart: Chart, kubernetes: str) -> list[tuple[str, list[Object]]]:
    found = []
    for environment in environments():
        name = environment.name
        found.append((f"helm, {name}", forms.helm(chart, environment, kubernetes=kubernetes)))
        found.append((f"overlays/{name}", forms.kustomize(environment.overlay)))
        found.append((f"flat/{name}", forms.flat(environment)))
    return found


def prove_combinations() -> str:
    """Every combination of components builds over the base, to objects that no rule minds."""
    policies = Policies()
    problems, built = [], 0
    for chosen in check_kustomize.combinations():
        where = " + ".join(("base", *chosen))
        things = check_kustomize.build_combination(chosen)
        by_identity(things, where)
        problems += [
            f"{where}: {problem}" for problem in kubernetes_schemas.problems(things, KUBERNETES[0])
        ]
        findings = policies.findings(things, production=False, given=_given(chosen, things))
        problems += [f"{where}: {found}" for found in findings if found.rule not in OVERLAYS_ADD]
        built += 1
    refuse(problems)
    names = check_kustomize.components()
    return (
        f"{counted(built, 'combination')} of {counted(len(names), 'component')} build and are sound"
    )


def _given(chosen: Sequence[str], things: Sequence[Object]) -> list[str]:
    modes = {"postgres": "bundled", "cloudnative-pg": "cloudnative-pg", "sqlite": "sqlite"}
    mode = next((modes[name] for name in chosen if name in modes), "external")
    return given({"database": {"mode": mode}}, things)
