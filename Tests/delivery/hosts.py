"""Inventories, those of ansible/ and those that docs/hosts.md shows: who follows whom."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import documents
from ruamel.yaml import YAML

DOCUMENT = "docs/hosts.md"


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def databases(inventory: Any) -> dict[str, dict[str, Any]]:
    """The hosts of `databases` with their variables, of an inventory or a part of one."""
    if not isinstance(inventory, dict):
        return {}
    groups = inventory.get("all", {}).get("children", inventory)
    group = groups.get("databases")
    hosts = group.get("hosts", {}) if isinstance(group, dict) else {}
    return {name: variables or {} for name, variables in hosts.items()}


def check_standbys(place: str, hosts: dict[str, dict[str, Any]], shared: Any) -> Iterator[str]:
    """Standbys that no primary of the same inventory makes a slot for, or lets in."""
    primaries = {
        name: {**shared, **variables} for name, variables in hosts.items()
        if variables.get("postgres_mode", "primary") == "primary"
    }
    for name, variables in primaries.items():
        if variables.get("postgres_standbys") and not variables.get("postgres_standby_networks"):
            yield f"{place}: {name} has postgres_standbys, and no postgres_standby_networks"
        for key in ("postgres_primary", "postgres_slot"):
            if variables.get(key):
                yield f"{place}: {name} is a primary, and has {key}"
    slots = {slot for one in primaries.values() for slot in one.get("postgres_standbys", [])}
    for name in sorted(hosts.keys() - primaries.keys()):
        if not hosts[name].get("postgres_primary"):
            yield f"{place}: {name} is a standby, and postgres_primary is not there"
        if hosts[name].get("postgres_slot") not in slots:
            yield (
                f"{place}: {name} has postgres_slot {hosts[name].get('postgres_slot')}, "
                f"which no primary has in postgres_standbys"
            )


def check(root: Path) -> list[str]:
    """Everything that is wrong with the inventories of a repository."""
    found: list[str] = []
    for path in sorted(root.glob("ansible/inventories/*/hosts.yml")):
        shared = path.parent / "group_vars/all/main.yml"
        variables = read(shared.read_text()) if shared.exists() else {}
        place = str(path.relative_to(root))
        found += check_standbys(place, databases(read(path.read_text())), variables)
    shown = 0
    for block in documents.blocks(DOCUMENT, (root / DOCUMENT).read_text()):
        hosts = databases(read(block.text)) if block.language == "yaml" else {}
        shown += len(hosts)
        found += check_standbys(block.place, hosts, {})
    if not shown:
        found.append(f"{DOCUMENT} shows no inventory with a standby")
    return found
