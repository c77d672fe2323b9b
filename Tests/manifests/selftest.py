"""The checks fail when they should: on a bad chart, a patch without an object, an unknown kind."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import check_kustomize
import check_rules
import check_security
import kubernetes_schemas
import mistakes
from charts import Chart, RefusedError, read_values
from check_generated import Case, Judge, build_all
from compare import unpermitted
from documents import AmbiguousError, Object, read_all, write
from generate import Generator
from objects import by_identity, removed, replaced
from permitted import Permitted
from places import CHART, DIGEST, KUBERNETES, RENDERED
from platform_file import environments, repository
from proof import Failure, counted, refuse


def prove_failures() -> str:
    problems = []
    for name, check in CHECKS.items():
        with tempfile.TemporaryDirectory() as folder:
            found = check(Path(folder))
        if not found:
            problems.append(f"nothing is found: {name}")
    refuse(problems)
    return f"{counted(len(CHECKS), 'broken thing')} found"


def _broken_chart(folder: Path, name: str, old: str, new: str) -> Path:
    """The chart with a part of a file changed."""
    chart = folder / "slipway"
    shutil.copytree(CHART, chart)
    path = chart / name
    text = path.read_text(encoding="utf-8")
    if old not in text:
        raise Failure([f"selftest: {name} has no {old!r}"])
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return chart


def _values() -> Object:
    return read_values(environments()[0].values)


def _template_error(folder: Path) -> bool:
    chart = _broken_chart(
        folder, "templates/service.yaml", "kind: Service", "kind: {{ .Nothing.at.all }}"
    )
    try:
        Chart(chart).render(_values(), name="a", namespace="b")
    except RefusedError:
        return True
    return False


def _lint_error(folder: Path) -> bool:
    chart = _broken_chart(folder, "Chart.yaml", "apiVersion: v2", "apiVersion: v0")
    try:
        return bool(Chart(chart).lint(_values(), "b", KUBERNETES[0]))
    except Failure:
        return True


def _loose_schema(folder: Path) -> bool:
    """A key that one level of the schema does not refuse."""
    chart = _broken_chart(
        folder,
        "values.schema.json",
        '"additionalProperties": false',
        '"additionalProperties": true',
    )
    wrong = 0
    for path in (("keyx",), ("service", "keyx"), ("image", "keyx"), ("autoscale", "keyx")):
        values = replaced(_values(), path, "x") if path[0] in _values() or len(path) == 1 else None
        if values is not None and Chart(chart).check_values(values) is None:
            wrong += 1
    return wrong > 0


def _different_form(folder: Path) -> bool:
    """One more variable in one of the forms."""
    chart = _broken_chart(folder, "templates/service.yaml", "appProtocol: http", "appProtocol: h2c")
    environment = environments()[0]
    helm = Chart(chart).render(_values(), name=environment.release, namespace=environment.namespace)
    plain = read_all(environment.flat.read_text(encoding="utf-8"))
    pair = by_identity(helm, "helm"), by_identity(plain, "flat")
    return bool(unpermitted(*pair, Permitted.read()))


def _never_migrates(folder: Path) -> bool:
    """Pods would wait for a schema that nobody brings."""
    return _disagrees(folder, '{{- if eq $mode "none" -}}', "{{- if true -}}")


def _always_hooks(folder: Path) -> bool:
    """A hook before a database that only the release itself brings would never end."""
    return _disagrees(folder, 'ternary "hook" "job"', 'ternary "hook" "hook"')


def _disagrees(folder: Path, old: str, new: str) -> bool:
    """Whether a chart that migrates otherwise is found out, and the chart itself is not."""
    broken = Chart(_broken_chart(folder, "templates/_migration.tpl", old, new))
    base = {"repository": repository(), "digest": DIGEST}
    cases = [
        Case(
            number,
            {"image": base, "replicas": 1, "database": {"mode": mode}},
            "slipway",
            "shop",
            False,
        )
        for number, mode in enumerate(("external", "bundled", "cloudnative-pg", "sqlite"))
    ]
    right, wrong = Judge(Chart()), Judge(broken)
    for built in build_all(cases, folder):
        right.judge(built)
        wrong.judge(built)
    return not right.problems and bool(wrong.problems)


def _unused_permission(_: Path) -> bool:
    permitted = Permitted.read()
    unpermitted({}, {}, permitted)
    return len(permitted.unused()) == len(permitted.differences) + len(permitted.names)


def _unmatched_patch(folder: Path) -> bool:
    """A JSON patch for an object that is not there: kustomize itself says nothing of it."""
    tree = folder / "kustomize"
    shutil.copytree(RENDERED / "kustomize", tree)
    path = next(tree.glob("overlays/*/kustomization.yaml"))
    text = path.read_text(encoding="utf-8")
    patch = (
        "- target: {kind: Deployment, name: nobody}\n  patch: |-\n    - {op: remove, path: /spec}\n"
    )
    path.write_text(text.replace("patches:\n", f"patches:\n{patch}", 1), encoding="utf-8")
    return _fails(lambda: check_kustomize.try_patches(tree))


def _unknown_kind(_: Path) -> bool:
    thing = {"apiVersion": "example.com/v1", "kind": "Unknown", "metadata": {"name": "a"}}
    return bool(list(kubernetes_schemas.problems([thing], KUBERNETES[0])))


def _old_kind(_: Path) -> bool:
    """A version of a kind that Kubernetes has given up."""
    budget = {
        "apiVersion": "policy/v1beta1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "a"},
    }
    return bool(list(kubernetes_schemas.problems([budget], KUBERNETES[0])))


def _unknown_field(_: Path) -> bool:
    service = next(thing for thing in mistakes.good() if thing["kind"] == "Service")
    wrong = replaced(service, ("spec", "portz"), [])
    return bool(list(kubernetes_schemas.problems([wrong], KUBERNETES[0])))


def _unknown_operator_field(_: Path) -> bool:
    monitor = next(thing for thing in mistakes.good() if thing["kind"] == "ServiceMonitor")
    wrong = replaced(monitor, ("spec", "endpoints", 0, "intervall"), "30s")
    return bool(list(kubernetes_schemas.problems([wrong], KUBERNETES[0])))


def _newer_field(_: Path) -> bool:
    """A field that the oldest Kubernetes of ours does not have."""
    things = mistakes.good()
    deployment = next(thing for thing in things if thing["kind"] == "Deployment")
    newer = replaced(
        deployment, ("spec", "template", "spec", "resources"), {"requests": {"cpu": "1"}}
    )
    oldest, newest = (list(kubernetes_schemas.problems([newer], KUBERNETES[i])) for i in (0, -1))
    return bool(oldest) and not newest


def _ambiguous_scalar(_: Path) -> bool:
    texts = ("a: 1e3", "a: yes", "a: 0440", "a: 12:30", "a: 2026-01-01", "a: 1\na: 2", "1: a")
    return all(_is_ambiguous(text) for text in texts)


def _is_ambiguous(text: str) -> bool:
    try:
        list(read_all(text))
    except AmbiguousError:
        return True
    return False


def _insecure_object(folder: Path) -> bool:
    """checkov finds something in a pod that is root."""
    spec = {"containers": [{"name": "a", "image": "a"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}
    (folder / "pod.yaml").write_text(write(pod), encoding="utf-8")
    return bool(check_security.checkov(folder)["results"]["failed_checks"])


def _alert_without_runbook(_: Path) -> bool:
    rule = {
        "alert": "Nobody",
        "for": "1m",
        "labels": {"severity": "page"},
        "annotations": {
            "summary": "a",
            "description": "b",
            "runbook_url": "https://example.com/docs/runbooks.md#nobody-knows-this",
        },
    }
    return bool(check_rules.judge(rule)) and bool(check_rules.judge(removed(rule, ("labels",))))


def _same_seed(_: Path) -> bool:
    """Not a broken thing: the same seed makes the same values, and another one others."""
    chart = Chart()

    def drawn(seed: int) -> str:
        generator = Generator(chart.schema, seed, chart.defaults, {}, {})
        return repr([generator.document() for _ in range(3)])

    return drawn(1) == drawn(1) != drawn(2)


def _fails(check: Callable[[], object]) -> bool:
    try:
        check()
    except Failure:
        return True
    return False


CHECKS: dict[str, Callable[[Path], bool]] = {
    "a template that asks for what is not there": _template_error,
    "a Chart.yaml of no known version": _lint_error,
    "a schema that takes unknown keys": _loose_schema,
    "a template that gives something else than ops": _different_form,
    "a chart that never migrates": _never_migrates,
    "a chart that always migrates by a hook": _always_hooks,
    "a permission that nothing needs": _unused_permission,
    "a patch that matches nothing": _unmatched_patch,
    "a kind that nobody knows": _unknown_kind,
    "a kind that Kubernetes has given up": _old_kind,
    "a field that Kubernetes does not know": _unknown_field,
    "a field that an operator does not know": _unknown_operator_field,
    "a field that is too new": _newer_field,
    "a value that two readers take differently": _ambiguous_scalar,
    "a pod that may do anything": _insecure_object,
    "an alert without a runbook": _alert_without_runbook,
    "a seed that does not count": _same_seed,
}
