"""The chart, through the real Helm."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import helm_python
from helm_python import _native

from documents import Object, read_all, read_file
from places import CHART
from proof import Failure

HELM_SEVERITY_INFO = 1

# What a cluster says it has when the operators whose objects the chart can make are installed.
OPERATORS = (
    "external-secrets.io/v1",
    "gateway.networking.k8s.io/v1",
    "monitoring.coreos.com/v1",
    "postgresql.cnpg.io/v1",
)


@cache
def chart_label() -> str:
    """The chart and its version, as the label helm.sh/chart has them."""
    about = read_file(CHART / "Chart.yaml")
    return f"{about['name']}-{about['version']}"


class RefusedError(Exception):
    """Helm did not render: the schema or a template said no."""


class Chart:
    """A chart that Helm has loaded."""

    def __init__(self, folder: Path = CHART) -> None:
        self.folder = folder
        try:
            self._chart = helm_python.Chart.load(folder)
        except helm_python.HelmError as error:
            raise Failure([f"Helm cannot load {folder.name}: {error}"]) from error

    def check_values(self, values: Object) -> str | None:
        """Why Helm refuses values by the schema; None where it takes them."""
        try:
            self._chart.validate_schema(values)
        except helm_python.HelmValuesError as error:
            return str(error)
        return None

    def render(
        self,
        values: Object,
        *,
        name: str,
        namespace: str,
        kubernetes: str = "1.32",
        api_versions: Sequence[str] = OPERATORS,
        is_upgrade: bool = False,
    ) -> list[Object]:
        """The objects that `helm template` gives, hooks and tests included."""
        objects: list[Object] = []
        texts = self.render_texts(
            values,
            name=name,
            namespace=namespace,
            kubernetes=kubernetes,
            api_versions=api_versions,
            is_upgrade=is_upgrade,
        )
        for path, text in sorted(texts.items()):
            if path.endswith((".yaml", ".yml")):
                objects += read_all(text)
        return objects

    def render_texts(
        self,
        values: Object,
        *,
        name: str,
        namespace: str,
        kubernetes: str = "1.32",
        api_versions: Sequence[str] = OPERATORS,
        is_upgrade: bool = False,
    ) -> dict[str, str]:
        """What Helm makes of each template.

        The binding has no parameters for what a cluster offers; the library below it has.
        """
        options = {
            "name": name,
            "namespace": namespace,
            "kube_version": f"v{kubernetes}.0",
            "api_versions": list(api_versions),
            "is_upgrade": is_upgrade,
            "is_install": not is_upgrade,
        }
        try:
            rendered = _native.call_string(
                "helm_render", self._chart._raw(), json.dumps(values), json.dumps(options)
            )
        except helm_python.HelmError as error:
            raise RefusedError(str(error)) from error
        texts: dict[str, str] = json.loads(rendered)
        return texts

    def lint(self, values: Object, namespace: str, kubernetes: str) -> list[str]:
        """What `helm lint --strict` finds, also what it only remarks."""
        report = helm_python.lint(
            self.folder,
            values,
            strict=True,
            namespace=namespace,
            kube_version=f"v{kubernetes}.0",
        )
        return [
            f"{message['path']}: {message['error']}"
            for message in report["messages"]
            if message["severity"] >= HELM_SEVERITY_INFO
        ]

    @property
    def defaults(self) -> Object:
        """values.yaml, as Helm reads it."""
        return self._chart.values

    @property
    def schema(self) -> Object:
        """values.schema.json."""
        schema = self._chart.schema
        if schema is None:
            raise Failure([f"{self.folder.name} has no values.schema.json"])
        return schema


def read_values(path: Path) -> Object:
    """A file of values, as Helm reads it."""
    values: dict[str, Any] = helm_python.values_from_yaml(path.read_text(encoding="utf-8"))
    return values
