"""Alerts and recorded series, as Prometheus reads them; each alert has a runbook that is there."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path

from charts import Chart, read_values
from documents import Object, read_file, write
from generate import merged
from places import CHART, HERE, PROMTOOL, ROOT, WORK
from platform_file import Environment, environments
from proof import Failure, counted, expect, refuse, run

FOLDER = WORK / "rules"
DASHBOARD = CHART / "files" / "dashboard.json"
UNIT_TESTS = HERE / "alerts_test.yaml"
# What these name, so that they can be run without a release; here they get what is rendered.
CHART_RULES = "../../charts/slipway/files/rules.yaml"


def prove_rules() -> str:
    chart = Chart()
    FOLDER.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    alerts = series = 0
    for environment in environments():
        rules = list(_rules(chart, environment))
        path = FOLDER / f"{environment.name}.yaml"
        path.write_text(write({"groups": _groups(chart, environment)}), encoding="utf-8")
        # A warning is a failure: two rules of one name, for instance.
        run([PROMTOOL, "check", "rules", "--lint-fatal", path])
        alerts = sum("alert" in rule for rule in rules)
        series = len(rules) - alerts
        for rule in rules:
            problems += [f"{environment.name}: {problem}" for problem in judge(rule)]
    expect(alerts > 0, "there are no alerts")
    refuse(problems)
    return f"{counted(alerts, 'alert')}, each with its runbook, and {series} recorded series"


def prove_unit_tests() -> str:
    """promtool's own tests of when alerts fire, on the rules as production gets them."""
    production = next(environment for environment in environments() if environment.production)
    chart = Chart()
    groups = _groups(chart, production)
    settings = merged(chart.defaults, read_values(production.values))["monitoring"]
    FOLDER.mkdir(parents=True, exist_ok=True)
    rules = FOLDER / "tested.yaml"
    rules.write_text(write({"groups": groups}), encoding="utf-8")
    text = UNIT_TESTS.read_text(encoding="utf-8")
    for placeholder, value in (
        ("@service@", production.release),
        ("@namespace@", production.namespace),
        ("@runbooks@", settings["runbooks"]),
        (CHART_RULES, rules.name),
    ):
        expect(placeholder in text, f"{UNIT_TESTS.name} does not say {placeholder}")
        text = text.replace(placeholder, value)
    tests = FOLDER / UNIT_TESTS.name
    tests.write_text(text, encoding="utf-8")
    run([PROMTOOL, "test", "rules", tests])
    tested = set(re.findall(r"alertname(?:: |=\"|=\\\\\")(\w+)", text))
    known = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    refuse(
        [f"{UNIT_TESTS.name}: nothing about {name}" for name in sorted(known - tested)]
        + [f"{UNIT_TESTS.name}: {name} is no alert" for name in sorted(tested - known)]
    )
    return f"{counted(len(tested), 'alert')} fire when they should"


def prove_dashboard() -> str:
    """Prometheus understands every question of the dashboard; what is recorded for it is there."""
    model = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    questions = sorted(set(_questions(model["panels"])))
    expect(len(questions) > 0, "the dashboard asks nothing")
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "dashboard.yaml"
    rules = [
        {"record": f"question:{number}", "expr": re.sub(r"\$\w+", _chosen, question)}
        for number, question in enumerate(questions)
    ]
    path.write_text(write({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    run([PROMTOOL, "check", "rules", path])
    groups = read_file(CHART / "files" / "rules.yaml")["groups"]
    recorded = {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}
    asked = set(re.findall(r"\bslipway:[\w:]+", " ".join(questions)))
    refuse([f"{name} is asked for and not recorded" for name in sorted(asked - recorded)])
    return f"{counted(len(questions), 'question')} of the dashboard are understood"


def _questions(panels: list[Object]) -> Iterator[str]:
    for panel in panels:
        yield from (target["expr"] for target in panel.get("targets", []))
        yield from _questions(panel.get("panels", []))


def _chosen(variable: re.Match[str]) -> str:
    """What Grafana would put in."""
    return "5m" if variable[0] == "$__rate_interval" else "chosen"


def _groups(chart: Chart, environment: Environment) -> list[Object]:
    values = copy.deepcopy(read_values(environment.values))
    values.setdefault("monitoring", {})["enabled"] = True
    things = chart.render(values, name=environment.release, namespace=environment.namespace)
    rules = [thing for thing in things if thing["kind"] == "PrometheusRule"]
    if not rules:
        raise Failure([f"{environment.name}: there is no PrometheusRule"])
    return [group for thing in rules for group in thing["spec"]["groups"]]


def _rules(chart: Chart, environment: Environment) -> Iterator[Object]:
    for group in _groups(chart, environment):
        yield from group["rules"]


def judge(rule: Object) -> list[str]:
    if "alert" not in rule:
        return []
    name, annotations = rule["alert"], rule.get("annotations", {})
    problems = [
        f"{name} has no {key}" for key in ("summary", "description") if not annotations.get(key)
    ]
    if not rule.get("labels", {}).get("severity"):
        problems.append(f"{name} has no severity")
    if "for" not in rule and "keep_firing_for" not in rule:
        problems.append(f"{name} has no `for`: one bad reading would wake somebody")
    return problems + _judge_runbook(name, annotations.get("runbook_url", ""))


def _judge_runbook(name: str, address: str) -> list[str]:
    match = re.fullmatch(r"https://.*/(docs/[\w/.-]+\.md)#([\w-]+)", address)
    if match is None:
        return [f"{name}: runbook_url is no heading of a page in docs: {address}"]
    page = ROOT / match[1]
    if not page.is_file():
        return [f"{name}: there is no {match[1]}"]
    if match[2] not in _anchors(page):
        return [f"{name}: {match[1]} has no heading for #{match[2]}"]
    return []


def _anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get."""
    headings = re.findall(r"(?m)^#+ +(.+?) *$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}
