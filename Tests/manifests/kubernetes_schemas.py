"""Whether Kubernetes knows every field of an object, in three of its versions.

The schemas of its own kinds come with the package kubernetes-validate, "strict": a key that
Kubernetes does not know is an error. Kinds of operators have theirs in the folder crds.
"""

import functools
import re
from collections.abc import Iterable, Iterator
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
        return jsonschema.Draft202012Validator(own)
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
def operator_schemas() -> dict[tuple[str, str], Object]:
    """The schemas of kinds that operators add, by apiVersion and kind."""
    table = {}
    for path in sorted((HERE / "crds").glob("*.yaml")):
        schema = read_file(path)
        jsonschema.Draft202012Validator.check_schema(schema)
        properties = schema["properties"]
        table[properties["apiVersion"]["const"], properties["kind"]["const"]] = schema
    return table
