"""The rules of policies/*.rego, run over all objects of one environment."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regopy

from documents import Object
from places import HERE
from proof import Failure

FOLDER = HERE / "policies"
# Each file but this one is an area, and has rules.
SHARED = "lib"


@dataclass(frozen=True, order=True)
class Finding:
    """A rule, the object that breaks it, and where."""

    rule: str
    thing: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.thing}: {self.message}"


class Policies:
    """All rules, loaded once."""

    def __init__(self) -> None:
        self._rego = regopy.Interpreter()
        self.areas = []
        paths = sorted(FOLDER.glob("*.rego"))
        _check_functions(paths)
        for path in paths:
            self._rego.add_module(path.stem, path.read_text(encoding="utf-8"))
            if path.stem != SHARED:
                self.areas.append(path.stem)

    def reasons(self, area: str) -> dict[str, str]:
        """The rules of an area with what each is for."""
        reasons: dict[str, str] = self._value(f"data.manifests.{area}.about")
        return reasons

    def findings(
        self,
        things: Sequence[Object],
        *,
        production: bool,
        given: Sequence[str],
        areas: Sequence[str] | None = None,
    ) -> list[Finding]:
        """What the rules find; `given` are Secrets that others make."""
        self._rego.set_input(
            {"objects": list(things), "production": production, "given": list(given)}
        )
        found: set[Finding] = set()
        for area in areas or self.areas:
            for finding in self._value(f"data.manifests.{area}.deny"):
                found.add(Finding(finding["id"], finding["object"], finding["message"]))
        return sorted(found)

    def _value(self, query: str) -> Any:
        output = self._rego.query(query)
        if not output.ok() or not output.results or not output.results[0].expressions:
            raise Failure([f"{query} cannot be evaluated: {str(output)[:2000]}"])
        return output.results[0].expressions[0]


def _check_functions(paths: Sequence[Path]) -> None:
    """Functions need names of their own.

    rego-cpp 1.5.2 keeps the parameters of functions by their names without the package: two with
    different numbers of parameters make it read memory that is not its own.
    """
    owners: dict[str, str] = {}
    for path in paths:
        for name in set(re.findall(r"(?m)^([a-z_]+)\(", path.read_text(encoding="utf-8"))):
            if owners.setdefault(name, path.name) != path.name:
                raise Failure([f"{path.name}: {name}() is the name of a function of {owners[name]}"])
