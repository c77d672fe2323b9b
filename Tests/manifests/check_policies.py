"""Policies: each rule finds its mistakes and nothing else; the rendered objects have none."""

import forms
import kubernetes_schemas
import mistakes
from charts import Chart, read_values
from places import KUBERNETES
from platform_file import environments
from policies import Finding, Policies
from proof import counted, refuse
from secrets_given import given

# Secrets that the good objects use and that others make.
GIVEN = ("api-tls",)


def prove_rules() -> str:
    """Every rule has a mistake that it finds, and finds nothing in what is good."""
    policies = Policies()
    things = mistakes.good()
    problems = [
        f"a false alarm: {finding}"
        for finding in policies.findings(things, production=True, given=GIVEN)
    ]
    problems += kubernetes_schemas.problems(things, KUBERNETES[0])
    rules, tried = 0, 0
    for area in policies.areas:
        reasons = policies.reasons(area)
        caught: set[str] = set()
        for number, mistake in enumerate(mistakes.of_area(area), start=1):
            found = policies.findings(
                mistake.applied(things), production=mistake.production, given=GIVEN, areas=[area]
            )
            wanted = {mistake.catches, *mistake.also}
            problems += _unexpected(f"bad/{area}.yaml, number {number}", wanted, found)
            caught |= wanted & {finding.rule for finding in found}
            problems += [
                f"{area}.rego: {finding.rule} is not in `about`"
                for finding in found
                if finding.rule not in reasons
            ]
            tried += 1
        problems += [f"{area}.rego: {rule} has no mistake" for rule in reasons.keys() - caught]
        rules += len(reasons)
    refuse(problems)
    return f"{counted(rules, 'rule')} found {counted(tried, 'mistake')} and nothing in what is good"


def _unexpected(where: str, wanted: set[str], found: list[Finding]) -> list[str]:
    rules = {finding.rule for finding in found}
    return [f"{where}: {rule} did not find it" for rule in sorted(wanted - rules)] + [
        f"{where}: also found: {finding}" for finding in found if finding.rule not in wanted
    ]


def prove_environments() -> str:
    """No rule finds anything in any environment, in either form."""
    policies = Policies()
    chart = Chart()
    problems, count = [], 0
    for environment in environments():
        values = read_values(environment.values)
        for form, things in (
            ("Helm", forms.helm(chart, environment)),
            ("kustomize", forms.kustomize(environment.overlay)),
        ):
            findings = policies.findings(
                things, production=environment.production, given=given(values, things)
            )
            problems += [f"{environment.name}, {form}: {finding}" for finding in findings]
            count += len(things)
    refuse(problems)
    return f"nothing in {counted(count, 'object')} of {counted(len(environments()), 'environment')}"
