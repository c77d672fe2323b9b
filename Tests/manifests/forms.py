"""The forms of an environment: what Helm makes of the chart, and what kustomize builds."""

from collections.abc import Sequence
from pathlib import Path

from charts import OPERATORS, Chart, read_values
from documents import Object, read_all
from places import KUBECTL, OPS
from platform_file import Environment
from proof import Command, Failure, attempt, run


def helm(
    chart: Chart,
    environment: Environment,
    *,
    kubernetes: str = "1.32",
    api_versions: Sequence[str] = OPERATORS,
) -> list[Object]:
    """What `helm template` gives."""
    return chart.render(
        read_values(environment.values),
        name=environment.release,
        namespace=environment.namespace,
        kubernetes=kubernetes,
        api_versions=api_versions,
    )


def kustomize(folder: Path) -> list[Object]:
    """What `kubectl kustomize` builds; anything that it remarks is a failure."""
    return list(read_all(kustomize_text(folder)))


def kustomize_text(folder: Path) -> str:
    done = attempt([KUBECTL, "kustomize", folder])
    if done.returncode != 0 or done.stderr.strip():
        said = done.stderr.strip().splitlines()[-5:]
        raise Failure([f"kubectl kustomize {folder.name}: exit {done.returncode}", *said])
    return done.stdout


def flat(environment: Environment) -> list[Object]:
    """The plain manifests."""
    return list(read_all(environment.flat.read_text(encoding="utf-8")))


def built(values: Path, *, name: str, namespace: str, as_helm: bool = False) -> list[Object]:
    """What `ops` builds of a file of values by itself, for kustomize or as Helm should."""
    command: Command = [OPS, "render", "objects", "--values", values, "--name", name]
    command = [*command, "--namespace", namespace, *(["--as-helm"] if as_helm else [])]
    return list(read_all(run(command)))
