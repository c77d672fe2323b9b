"""Whether Kubernetes knows every field of an object, in three of its versions.

The schemas of its own kinds come with the package kubernetes-validate, "strict": a key that
Kubernetes does not know is an error. Kinds of operators have theirs in the folder crds.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate.utils as packaged
import referencing
import referencing.jsonschema

from documents import Object, read_file
from objects import identity
from places import HERE

# Kubernetes' own groups are named so, or have no dot at all (`apps`).
OWN_GROUP = re.compile(r"[a-z]*|[a-z.]+\.k8s\.io")


def problems(things: Iterable[Object], version: str) -> Iterator[str]:
    """What is wrong with objects for a version of Kubernetes."""
    for thing in things:
        validator = _validator(thing["apiVersion"], thing["kind"], version)
        if validator is None:
            yield (
                f"{identity(thing)}: Kubernetes {version} knows no {thing['apiVersion']}"
                f" {thing['kind']}, and crds has no schema for it"
            )
            continue
        for error in validator.iter_errors(thing):
            place = "".join(f"/{key}" for key in error.absolute_path)
            yield f"{identity(thing)}: {version}: {place}: {error.message}"


@functools.cache
def _validator(api_version: str, kind: str, version: str) -> Any:
    own = operator_schemas().get((api_version, kind))
    if own is not None:
        return jsonschema.Draft202012Validator(own, registry=_definitions(version))
    group = api_version.rpartition("/")[0]
    if not OWN_GROUP.fullmatch(group):
        return None
    name = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    try:
        schema = packaged.schema_contents(
            f"kubernetes-json-schema/v{version}.0-local-strict/{kind.lower()}-{name}.json", version
        )
    except FileNotFoundError:
        return None
    return jsonschema.Draft202012Validator(schema, registry=_definitions(version))


@functools.cache
def _definitions(version: str) -> Any:
    definitions = packaged.schema_contents(
        f"kubernetes-json-schema/v{version}.0-local-strict/_definitions.json", version
    )
    resource = referencing.Resource.from_contents(
        definitions, default_specification=referencing.jsonschema.DRAFT202012
    )
    return referencing.Registry().with_resources(
        [("_definitions.json", resource), (definitions.get("$id", "_definitions.json"), resource)]
    )


@functools.cache
def operator_schemas(folder: Path = HERE / "crds") -> dict[tuple[str, str], Object]:
    """The schemas of kinds that operators add, by apiVersion and kind."""
    table = {}
    for path in sorted(folder.glob("*.yaml")):
        content = read_file(path)
        schema = {
            "type": "object",
            "required": ["apiVersion", "kind", "metadata", "spec"],
            "properties": {
                "apiVersion": {"const": content["apiVersion"]},
                "kind": {"const": content["kind"]},
                "metadata": {"$ref": "kubernetes:meta.v1.ObjectMeta"},
                "spec": content["spec"],
            },
        }
        table[content["apiVersion"], content["kind"]] = _strict(schema)
    return table


def _strict(schema: Any) -> Any:
    """The schema with every mapping closed, and types of Kubernetes by their whole names."""
    if isinstance(schema, list):
        return [_strict(element) for element in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    if "properties" in strict and isinstance(strict.get("type"), str):
        strict["additionalProperties"] = False
    reference = strict.get("$ref")
    if isinstance(reference, str) and reference.startswith("kubernetes:"):
        name = reference.removeprefix("kubernetes:")
        package = "apimachinery.pkg.apis" if name.startswith("meta.") else "api"
        strict["$ref"] = f"_definitions.json#/$defs/io.k8s.{package}.{name}"
    return strict
