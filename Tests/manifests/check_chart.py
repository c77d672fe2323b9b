"""The chart through the real Helm: its schema, strict lint, versions of Kubernetes."""

import jsonschema

import forms
from charts import OPERATORS, Chart, RefusedError, read_values
from documents import Object
from objects import by_identity
from places import CHART, KUBERNETES
from platform_file import Environment, environments
from proof import counted, expect, refuse

# The groups of kinds that operators add: a cluster without these has none of them.
OPERATOR_GROUPS = {version.rpartition("/")[0] for version in OPERATORS}


def prove_schema() -> str:
    """values.schema.json is a schema, and it is strict at every level."""
    schema = Chart().schema
    validator = jsonschema.validators.validator_for(schema)
    expect("$schema" in schema, "values.schema.json names no version of JSON Schema")
    validator.check_schema(schema)
    objects, problems = 0, []
    for place, node in _schemas(schema, ""):
        if "properties" in node:
            objects += 1
            if node.get("additionalProperties") is not False:
                problems.append(f"values.schema.json: {place or '/'} takes unknown keys")
    refuse(problems)
    return f"{counted(objects, 'object')} of values.schema.json refuse unknown keys"


def _schemas(node: object, place: str) -> list[tuple[str, Object]]:
    """Every schema that says what a value is; a condition (`if`, `then`) only narrows one."""
    if not isinstance(node, dict):
        return []
    found = [(place, node)]
    for keyword in ("properties", "patternProperties", "definitions", "$defs"):
        for key, value in node.get(keyword, {}).items():
            found += _schemas(value, f"{place}/{key}")
    for keyword in ("additionalProperties", "items"):
        found += _schemas(node.get(keyword), f"{place}/*")
    for keyword in ("anyOf", "oneOf"):
        for value in node.get(keyword, []):
            found += _schemas(value, place)
    return found


def prove_lint() -> str:
    """`helm lint --strict` has not even a remark, for any values."""
    chart = Chart()
    problems, count = [], 0
    for environment in environments():
        values = read_values(environment.values)
        for kubernetes in KUBERNETES:
            findings = chart.lint(values, environment.namespace, kubernetes)
            problems += [f"{environment.name}, {kubernetes}: {finding}" for finding in findings]
            count += 1
    refuse(problems)
    return f"strict lint says nothing in {counted(count, 'run')}"


def prove_versions() -> str:
    """Each environment renders for each Kubernetes, with operators and without, twice the same."""
    chart = Chart()
    problems: list[str] = []
    count = 0
    for environment in environments():
        for kubernetes in KUBERNETES:
            problems += _without_operators(chart, environment, kubernetes)
            problems += _twice(chart, environment, kubernetes)
            count += 3
    refuse(problems)
    return f"{counted(count, 'rendering')} for Kubernetes {', '.join(KUBERNETES)}"


def _twice(chart: Chart, environment: Environment, kubernetes: str) -> list[str]:
    """An upgrade gives what an installation gives, byte by byte."""
    texts = [
        subject.render_texts(
            read_values(environment.values),
            name=environment.release,
            namespace=environment.namespace,
            kubernetes=kubernetes,
            is_upgrade=is_upgrade,
        )
        for subject, is_upgrade in ((chart, False), (Chart(), True))
    ]
    return [
        f"{environment.name}, {kubernetes}: {path} is another one the second time"
        for path in sorted(texts[0].keys() | texts[1].keys())
        if texts[0].get(path) != texts[1].get(path) and not path.endswith("NOTES.txt")
    ]


def _without_operators(chart: Chart, environment: Environment, kubernetes: str) -> list[str]:
    """A cluster without operators gets the same, or is refused with the name of what it lacks."""
    where = f"{environment.name}, {kubernetes}"
    everything = by_identity(forms.helm(chart, environment, kubernetes=kubernetes), where)
    try:
        few = forms.helm(chart, environment, kubernetes=kubernetes, api_versions=())
    except RefusedError as error:
        named = [group for group in OPERATOR_GROUPS if group in str(error)]
        return [] if named else [f"{where}: without operators: {error}"]
    rest = by_identity(few, where)
    problems = [
        f"{where}: {key} is another one without operators"
        for key, thing in rest.items()
        if everything.get(key) != thing
    ]
    return problems + [
        f"{where}: {key} is left out without operators"
        for key in everything.keys() - rest.keys()
        if key.group not in OPERATOR_GROUPS or key.kind in NEVER_LEFT_OUT
    ]


# What would be missed: a service without its database or its secrets.
NEVER_LEFT_OUT = {"Cluster", "Pooler", "ExternalSecret"}


def prove_refusals() -> str:
    """What is committed has no digest: Helm refuses production without one, and takes it with one."""
    chart = Chart()
    problems = []
    for environment in environments():
        committed = read_values(CHART / "values" / environment.values.name)
        rendered = read_values(environment.values)
        expect(
            rendered["image"]["digest"].startswith("sha256:"),
            f"{environment.values.name}: --image was not taken over",
        )
        committed["image"].pop("digest", None)
        refused = chart.check_values(committed)
        if environment.production and (refused is None or "/image" not in refused):
            problems.append(f"{environment.name}: Helm takes an image without a digest: {refused}")
        if not environment.production and refused is not None:
            problems.append(f"{environment.name}: Helm refuses what is committed: {refused}")
    refuse(problems)
    return "production without image.digest is refused"
