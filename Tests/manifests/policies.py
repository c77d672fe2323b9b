"""The rules of policies/*.rego, run over all objects of one environment."""

import ipaddress
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import regopy

from documents import Object
from objects import places
from places import HERE
from proof import Failure

FOLDER = HERE / "policies"
# Each file but this one is an area, and has rules.
SHARED = "lib"

# Where clouds hand out credentials of the node.
METADATA = tuple(ipaddress.ip_address(text) for text in ("169.254.169.254", "fd00:ec2::254"))


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
        texts = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.rego")}
        _check_functions(texts)
        self.areas = sorted(texts.keys() - {SHARED})
        # What is loaded is compiled anew for each question, so that each area has its own.
        self._rego = {area: regopy.Interpreter() for area in self.areas}
        for area, rego in self._rego.items():
            rego.strict_built_in_errors = True
            rego.add_module(SHARED, texts[SHARED])
            rego.add_module(area, texts[area])

    def reasons(self, area: str) -> dict[str, str]:
        """The rules of an area with what each is for."""
        reasons: dict[str, str] = self._value(area, "about")
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
        question = {
            "objects": list(things),
            "production": production,
            "given": list(given),
            "reach": _reach(things),
            "texts": [json.dumps(thing) for thing in things],
        }
        found: set[Finding] = set()
        for area in areas or self.areas:
            self._rego[area].set_input(question)
            for finding in self._value(area, "deny"):
                found.add(Finding(finding["id"], finding["object"], finding["message"]))
        return sorted(found)

    def _value(self, area: str, name: str) -> Any:
        output = self._rego[area].query(f"data.manifests.{area}.{name}")
        if not output.ok() or not output.results or not output.results[0].expressions:
            raise Failure([f"{area}.rego: {name} cannot be evaluated"])
        return output.results[0].expressions[0]


def _reach(things: Sequence[Object]) -> dict[str, list[str]]:
    """Which metadata addresses lie in each block that the objects name; Rego cannot tell here."""
    reach: dict[str, list[str]] = {}
    for thing in things:
        for _, value in places(thing):
            if isinstance(value, str) and "/" in value:
                try:
                    block = ipaddress.ip_network(value, strict=False)
                except ValueError:
                    continue
                reach[value] = [str(address) for address in METADATA if address in block]
    return reach


def _check_functions(texts: dict[str, str]) -> None:
    """Functions need names of their own.

    rego-cpp 1.5.2 keeps the parameters of functions by their names without the package: two with
    different numbers of parameters make it read memory that is not its own.
    """
    owners: dict[str, str] = {}
    for area, text in texts.items():
        for name in set(re.findall(r"(?m)^([a-z_]+)\(", text)):
            if owners.setdefault(name, area) != area:
                raise Failure(
                    [f"{area}.rego: {name}() is the name of a function of {owners[name]}"]
                )
