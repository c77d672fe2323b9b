"""For any values: Helm's objects are those that `ops` builds, valid, and as secure."""

import concurrent.futures
import itertools
import os
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forms
import kubernetes_schemas
from charts import Chart, RefusedError
from check_forms import both
from compare import unpermitted
from documents import Object, write
from generate import Generator
from objects import by_identity
from permitted import Permitted
from places import DIGEST, KUBERNETES
from platform_file import environments, repository
from policies import Policies
from proof import Failure, counted, expect, refuse
from secrets_given import given

SEED = int(os.environ.get("SEED", "20261121"))
DRAWN = int(os.environ.get("DRAWN", "250"))
# Names that make the longest and the shortest names of objects.
RELEASES = (("slipway", "slipway"), ("r", "shop"), ("a-release-with-a-name-of-some-length-x", "n"))
# What users can switch off is not asked for; this holds for any values.
AREAS = ("pod_security", "metadata", "references")
# Rules that depend on what users choose: their accounts, annotations and namespaces.
LEFT_TO_USERS = {
    "non-existent-service-account",
    "default-service-account",
    "use-namespace",
    # Who migrates without a Job of ours has the labels by which the database lets it in.
    "dangling-networkpolicypeer-podselector",
}


# What chance would hardly meet. Secrets have names that mean something, each with one of the
# places where it may come from.
HINTS: dict[str, list[Any]] = {
    # SQLite has one replica.
    "/replicas": [0, 1, 3],
    # Limits are not under what is requested, and a deadline is over what it waits for.
    "/resources/requests/cpu": ["50m", "0.1"],
    "/resources/requests/memory": ["0064Mi", "100M"],
    "/resources/limits/cpu": ["", "0.100", "01"],
    "/resources/limits/memory": ["128Mi", "1G"],
    "/database/resources/requests/cpu": ["50m", "0.25"],
    "/database/resources/requests/memory": ["0512Mi", "1G"],
    "/database/resources/limits/cpu": ["", "250m", "02"],
    "/database/resources/limits/memory": ["", "1Gi", "2T"],
    "/rollout/minReadySeconds": [0, 59],
    "/rollout/progressDeadlineSeconds": [60, 7200],
    "/secrets": [
        {"jwt": {"existing": "tokens"}, "database": {"external": "vault/shop/database"}},
        {"database": {"vault": "secret/data/shop/database"}, "jwt": {"external": "aws/shop-jwt"}},
        {"migrations": {"existing": "owner"}, "database": {"sops": "secrets/database.yaml"}},
        {"jwt": {"sops": "secrets/jwt.yaml"}, "api-key": {"vault": "secret/data/shop/key"}},
        {"migrations": {"vault": "secret/data/owner"}, "a-b-c": {"existing": "abc.def"}},
        {"migrations": {"external": "vault/owner"}, "database": {"existing": "database"}},
    ],
}


@dataclass(frozen=True)
class Case:
    number: int
    values: Object
    release: str
    namespace: str
    # Rules take longer than everything else: they judge the values in which all choices meet.
    is_ruled: bool


@dataclass(frozen=True)
class Built:
    """What `ops` gave for a case: objects for kustomize and as for Helm, or why not."""

    case: Case
    things: list[Object] | None
    as_helm: list[Object]
    refusal: str


def prove_agreement() -> str:
    chart = Chart()
    base = {"image": {"repository": repository(), "digest": DIGEST}}
    generator = Generator(chart.schema, SEED, chart.defaults, base, HINTS)
    judge = Judge(chart)
    judge.compare_environments()
    with tempfile.TemporaryDirectory() as folder:
        for built in build_all(_cases(generator), Path(folder)):
            judge.judge(built)
    judge.finish()
    pairs = len(list(generator.pairs()))
    counts = judge.counts
    expect(counts["agreed"] >= 200, f"only {counts['agreed']} generated values could be compared")
    expect(
        counts["refused"] <= counts["agreed"],
        f"{counts['refused']} of the generated values are refused by both: they prove nothing",
    )
    return (
        f"{counted(counts['agreed'], 'generated file')} of values (seed {SEED};"
        f" {pairs - len(generator.impossible):,} pairs of choices, {len(generator.impossible):,}"
        f" excluded by the schema; {counts['refused']} refused by both) give"
        f" {counted(counts['objects'], 'object')}, equal and valid"
    )


def _cases(generator: Generator) -> Iterator[Case]:
    documents = itertools.chain(
        ((values, True) for values in generator.paired()),
        ((values, False) for values in generator.drawn(DRAWN)),
    )
    for number, (values, is_ruled) in enumerate(documents):
        release, namespace = RELEASES[number % len(RELEASES)]
        yield Case(number, values, release, namespace, is_ruled)


def build_all(cases: Iterable[Case], folder: Path) -> Iterator[Built]:
    """`ops` is a program: a few run at a time, while Helm renders here."""

    def build(case: Case) -> Built:
        path = folder / f"{case.number}.yaml"
        path.write_text(write(case.values), encoding="utf-8")
        try:
            things, as_helm = (
                forms.built(path, name=case.release, namespace=case.namespace, as_helm=as_helm)
                for as_helm in (False, True)
            )
        except Failure as failure:
            # Without the command, and the file's name.
            return Built(case, None, [], "; ".join(failure.problems[1:]))
        return Built(case, things, as_helm, "")

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        yield from pool.map(build, cases)


class Judge:
    """Compares what Helm makes of a case with what `ops` built."""

    def __init__(self, chart: Chart) -> None:
        self.counts: Counter[str] = Counter()
        self._chart = chart
        self._permitted = Permitted.read()
        self._policies = Policies()
        self._problems: defaultdict[str, list[Case]] = defaultdict(list)
        self._seen: set[str] = set()

    def judge(self, built: Built) -> None:
        case = built.case
        try:
            things = self._chart.render(case.values, name=case.release, namespace=case.namespace)
        except RefusedError as error:
            if built.things is None:
                self.counts["refused"] += 1
            else:
                self._note(case, f"only Helm refuses: {error}")
            return
        if built.things is None:
            self._note(case, f"only ops refuses: {built.refusal}")
            return
        self.counts["agreed"] += 1
        self.counts["objects"] += len(things)
        self._compare(case, things, built)
        self._examine(case, things)

    def _compare(self, case: Case, helm: list[Object], own: Built) -> None:
        """Also where the chart chooses: a hook, a Job, a container or nothing that migrates."""
        left = by_identity(helm, "helm template")
        right = by_identity(own.things or [], "ops render objects")
        for difference in unpermitted(left, right, self._permitted):
            self._note(case, str(difference).replace("kustomize:", "ops:"))
        right = by_identity(own.as_helm, "ops render objects --as-helm")
        for difference in unpermitted(left, right, self._permitted.for_helm()):
            self._note(case, str(difference).replace("kustomize:", "ops --as-helm:"))

    def _examine(self, case: Case, things: list[Object]) -> None:
        fresh = [thing for thing in things if self._is_new(thing)]
        for problem in kubernetes_schemas.problems(fresh, KUBERNETES[0]):
            self._note(case, problem)
        if not case.is_ruled:
            return
        findings = self._policies.findings(
            things, production=False, given=given(case.values, things), areas=AREAS
        )
        for finding in findings:
            if finding.rule not in LEFT_TO_USERS:
                self._note(case, str(finding))

    def _is_new(self, thing: Object) -> bool:
        text = repr(thing)
        is_new = text not in self._seen
        self._seen.add(text)
        return is_new

    def _note(self, case: Case, problem: str) -> None:
        self._problems[_general(problem, case)].append(case)

    @property
    def problems(self) -> list[str]:
        return list(self._problems)

    def compare_environments(self) -> None:
        """What the environments need of the permitted differences counts as needed."""
        for environment in environments():
            unpermitted(*both(self._chart, environment), self._permitted)

    def finish(self) -> None:
        told = [
            f"{problem} (seed {SEED}, {_numbers(cases)})"
            for problem, cases in self._problems.items()
        ]
        first = {cases[0].number: cases[0].values for cases in self._problems.values()}
        shown = [f"number {number}: {values}" for number, values in list(first.items())[:3]]
        refuse([*self._permitted.unused(), *shown, *told] if told else self._permitted.unused())


def _general(problem: str, case: Case) -> str:
    """The problem without what comes of this case alone: many cases have the same one."""
    names = rf"\b{re.escape(case.release)}\b|-[0-9a-f]{{10}}\b|[^ ]*/{case.number}\.yaml[:0-9]*"
    return re.sub(names, "...", problem)


def _numbers(cases: list[Case]) -> str:
    shown = ", ".join(str(case.number) for case in cases[:5])
    return f"number {shown}" + (f" and {len(cases) - 5} more" if len(cases) > 5 else "")
