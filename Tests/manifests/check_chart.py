"""The chart through the real Helm: its schema, strict lint, versions of Kubernetes."""

import jsonschema

import forms
from charts import OPERATORS, Chart, RefusedError, read_values
from documents import Object
from generate import merged
from places import CHART, DIGEST, KUBERNETES
from platform_file import Environment, environments
from proof import counted, expect, refuse

# What Helm knows only from a cluster that answers.
EVERY_CLUSTER = "apiregistration.k8s.io/v1"

# What `helm lint` remarks, and why it may.
ACCEPTED = {"Chart.yaml: icon is recommended": "there is no picture of this service"}


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
        # Beside properties they are conditions, too.
        for value in node.get(keyword, []) if "properties" not in node else []:
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
            problems += [
                f"{environment.name}, {kubernetes}: {finding}"
                for finding in findings
                if finding not in ACCEPTED
            ]
            count += 1
    refuse(problems)
    return f"strict lint finds nothing in {counted(count, 'run')}"


def prove_versions() -> str:
    """Each environment renders for each Kubernetes, with operators and without, twice the same."""
    chart = Chart()
    problems: list[str] = []
    count = 0
    for environment in environments():
        for kubernetes in KUBERNETES:
            problems += _without_operators(chart, environment, kubernetes)
            problems += _twice(chart, environment, kubernetes)
            count += len(OPERATORS) + 4
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
    """Nothing is left out in silence: a cluster that lacks a kind is told so.

    `helm template` asks no cluster and renders everything; a cluster is known by what each has.
    """
    where = f"{environment.name}, {kubernetes}"
    everything = forms.helm(chart, environment, kubernetes=kubernetes)
    problems = []
    if forms.helm(chart, environment, kubernetes=kubernetes, api_versions=()) != everything:
        problems.append(f"{where}: helm template gives something else without a cluster")
    needed = {thing["apiVersion"] for thing in everything} & set(OPERATORS)
    for lacking in OPERATORS:
        there = [EVERY_CLUSTER, *(version for version in OPERATORS if version != lacking)]
        said = _refusal(chart, environment, kubernetes, there)
        if lacking in needed and (said is None or lacking not in said):
            problems.append(f"{where}: a cluster without {lacking} is told: {said}")
        if lacking not in needed and said is not None:
            problems.append(f"{where}: {lacking} is not needed, but: {said}")
    return problems


def _refusal(
    chart: Chart, environment: Environment, kubernetes: str, there: list[str]
) -> str | None:
    try:
        forms.helm(chart, environment, kubernetes=kubernetes, api_versions=there)
    except RefusedError as error:
        return str(error)
    return None


# What the schema alone can tell, in the dialect of expressions that Helm has; nothing is committed.
STAGING: Object = {"environment": "staging", "image": {"tag": "2026.11.0"}}
REFUSED: dict[str, list[Object]] = {
    "/image/tag": [{"image": {"tag": "latest"}}],
    "/env": [
        {"env": {name: value}}
        for name, value in (
            ("DB_PASSWORD", "hunter2"),
            ("PGPASSWORD", "hunter2"),
            ("PASSWORD_1_VALUE", "hunter2"),
            ("COOKIE_KEY", "0f" * 16),
            ("HEADER", "Bearer 0123456789"),
            ("SOURCE", "the token ghp_" + "a" * 20),
            ("APP_SETTINGS", "testing"),
            ("AUTH", "all"),
            ("REVISION", "mine"),
            ("api_key", "x"),
            ("TOKEN_PREVIOUS", "x"),
            ("SOURCE", "postgres://a:b@c/d"),
            ("SOURCE", "host=a Password=b"),
            ("SOURCE", "-----BEGIN A KEY-----"),
            ("SOURCE", "eyJhbGciOiJub25lIn0.e30.c2ln"),
            ("SOURCE", "ghp_" + "a" * 20),
        )
    ],
    "/annotations": [{"annotations": {"note": "the token ghp_" + "a" * 20}}],
    "/database/parameters": [
        {"database": {"mode": "bundled", "parameters": {"primary_conninfo": "a=b password=c"}}}
    ],
    "/database/image": [
        {"database": {"mode": "bundled", "image": image}}
        for image in ("postgres", "localhost:5000/postgres", "postgres:latest")
    ],
}
TAKEN: list[Object] = [
    {"env": {"TOKEN_FILE": "/run/token", "PASSWORD": "", "HAS_TOKEN": "true", "URL": "http://a/b"}},
    {"database": {"mode": "bundled", "image": "localhost:5000/postgres:17"}},
    {"image": {"tag": "latest", "digest": DIGEST}},
]


def _misjudged(chart: Chart) -> list[str]:
    def said(values: Object) -> str | None:
        return chart.check_values(merged(chart.defaults, merged(STAGING, values)))

    refusals = [(place, values) for place, many in REFUSED.items() for values in many]
    return [
        f"{values}: not refused at {place}: {said(values)}"
        for place, values in refusals
        if place not in (said(values) or "")
    ] + [f"{values}: {said(values)}" for values in TAKEN if said(values) is not None]


def prove_refusals() -> str:
    """Helm refuses production without a digest, secrets in clear and images that move.

    It takes everything else that is committed.
    """
    chart = Chart()
    problems = _misjudged(chart)
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
    return "production without image.digest is refused; so are secrets in clear and moving images"


# Values that need an operator, by what the operator brings.
NEEDS: dict[str, Object] = {
    "external-secrets.io/v1": {"secrets": {"jwt": {"external": "vault/jwt"}}},
    "gateway.networking.k8s.io/v1": {
        "gateway": {"enabled": True, "name": "front", "host": "a.example.com"}
    },
    "monitoring.coreos.com/v1": {"monitoring": {"enabled": True}},
    "postgresql.cnpg.io/v1": {"database": {"mode": "cloudnative-pg"}},
    "snapshot.storage.k8s.io/v1": {
        "database": {"mode": "cloudnative-pg", "snapshots": {"schedule": "17 2 * * *"}}
    },
}


def prove_needs() -> str:
    """A cluster without an operator is refused, and nothing is left out of what is rendered.

    Without a cluster to ask, `helm template` renders everything.
    """
    chart = Chart()
    problems = []
    for version, values in NEEDS.items():
        others = [other for other in NEEDS if other != version]
        nowhere = _kinds(chart, values, [])
        if nowhere != _kinds(chart, values, [EVERY_CLUSTER, version, *others]):
            problems.append(f"{version}: other objects with a cluster than without")
        try:
            _kinds(chart, values, [EVERY_CLUSTER, *others])
            problems.append(f"{version}: a cluster without it is not refused")
        except RefusedError as error:
            if version not in str(error):
                problems.append(f"{version}: is not named: {error}")
    refuse(problems)
    return f"{counted(len(NEEDS), 'operator')} asked for by name where a cluster lacks them"


def _kinds(chart: Chart, values: Object, api_versions: list[str]) -> list[str]:
    values = values | {"image": {"repository": "example/web", "digest": DIGEST}}
    things = chart.render(values, name="web", namespace="shop", api_versions=api_versions)
    return sorted(f"{thing['kind']}/{thing['metadata']['name']}" for thing in things)
