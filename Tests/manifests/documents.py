"""Reading YAML so that every reader would read the same.

PyYAML knows YAML 1.1, Kubernetes and Helm read with Go's library, which knows most of 1.2. What the
two take differently (`1e3`, `0o17`, `yes`, `12:30`, a date) has to be quoted in what we render, and
is refused here; so are keys that are given twice.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

# Plain scalars that are a number or a truth to one of the two readers and text to the other.
AMBIGUOUS = re.compile(
    r"""
      [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+   # 1e3
    | [-+]?0[oO][0-7_]+ | [-+]?0[0-9_]+ | [-+]?0[bB][01_]+ | [-+]?0[xX][0-9a-fA-F_]+
    | [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?       # 12:30
    | [-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?              # 1_000
    | y|Y|n|N|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt\ ].*)?          # a date
    | [-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|=|<<
    """,
    re.VERBOSE,
)


class AmbiguousError(yaml.YAMLError):
    """A document that two readers would read differently."""


class _Loader(yaml.CSafeLoader):
    def construct_object(self, node: Any, deep: bool = False) -> Any:
        is_plain = isinstance(node, yaml.ScalarNode) and not node.style
        if is_plain and AMBIGUOUS.fullmatch(node.value):
            raise AmbiguousError(f"{_place(node)}: {node.value} has to be quoted")
        return super().construct_object(node, deep)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                raise AmbiguousError(f"{_place(key)}: {key.value} is given twice")
            if key.tag != "tag:yaml.org,2002:str":
                raise AmbiguousError(f"{_place(key)}: {key.value} is no text as a key")
        return super().construct_mapping(node, deep)


def _place(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}, column {node.start_mark.column + 1}"


def read_all(text: str) -> Iterator[Any]:
    """Every document of a stream; empty ones are left out."""
    for document in yaml.load_all(text, Loader=_Loader):
        if document is not None:
            yield document


def read_file(path: Path) -> Any:
    """The one document of a file."""
    try:
        documents = list(read_all(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise AmbiguousError(f"{path}: {error}") from error
    if len(documents) != 1:
        raise AmbiguousError(f"{path}: {len(documents)} documents where one is expected")
    return documents[0]


def write(document: Any) -> str:
    """YAML that every reader reads the same, for what the tests hand to programs."""
    return yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False)
