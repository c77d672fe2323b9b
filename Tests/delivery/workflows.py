"""Workflows: what they use is in the table of actions, all is bounded, and shellcheck reads what
they run."""

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

USES = re.compile(r"^\s*(?:- )?uses:\s*(?P<use>.*?)\s*$")
# A workflow of this repository, at the commit that calls it.
OWN = re.compile(r"\$/(?P<path>\.github/workflows/[\w-]+\.yml)")
DEPLOY = ".github/workflows/deploy.yml"
PINNED = re.compile(r"(?P<name>[\w.-]+/[\w./-]+)@(?P<commit>[0-9a-f]{40}) # (?P<tag>v[\d.]+)")


class Action(NamedTuple):
    """An action as a workflow or the table has it."""

    name: str
    tag: str
    commit: str


def read_table(text: str) -> set[Action]:
    """The rows of actions.lock."""
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {Action(*row) for row in rows}


def check_actions(workflows: dict[str, str], table: set[Action]) -> Iterator[str]:
    """What is not used by commit and tag, is not in the table, or is there for nothing.

    The text is read rather than the document, in which there are no comments.
    """
    used: set[Action] = set()
    for file, text in workflows.items():
        for number, line in enumerate(text.splitlines(), 1):
            uses = USES.match(line)
            if uses is None:
                continue
            own = OWN.fullmatch(uses["use"])
            if own is not None:
                if own["path"] not in workflows:
                    yield f"{file}:{number} uses {own['path']}, which is not there"
                continue
            pinned = PINNED.fullmatch(uses["use"])
            if pinned is None:
                yield f"{file}:{number} uses '{uses['use']}', not NAME@COMMIT # TAG"
                continue
            action = Action(pinned["name"], pinned["tag"], pinned["commit"])
            used.add(action)
            if action not in table:
                yield f"{file}:{number} uses {' '.join(action)}, which is not in actions.lock"
    for action in sorted(table - used):
        yield f"actions.lock has {' '.join(action)}, which no workflow uses"


def scripts(workflow: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The place and the text of every `run`."""
    for name, job in workflow["jobs"].items():
        for index, step in enumerate(job.get("steps", [])):
            if "run" in step:
                yield f"{name}, {step.get('name', f'step {index + 1}')}", step["run"]


def check_bounds(file: str, workflow: dict[str, Any]) -> Iterator[str]:
    """What may run or be kept without end, or be pushed by whoever opens a pull request."""
    if "concurrency" not in workflow:
        yield f"{file}: no concurrency: runs pile up"
    # A key that is a word for true in YAML 1.1.
    triggers = workflow.get("on", workflow.get(True))
    for name, job in workflow["jobs"].items():
        permissions = job.get("permissions")
        if not isinstance(permissions, dict):
            yield f"{file}: {name} has no permissions of its own"
            permissions = {}
        if "uses" in job:
            continue
        if "timeout-minutes" not in job:
            yield f"{file}: {name} has no timeout-minutes"
        writes = [key for key, value in permissions.items() if value == "write"]
        if writes and "pull_request" in triggers and not job.get("needs"):
            if "head.repo.full_name == github.repository" not in str(job.get("if")):
                yield f"{file}: {name} lets a fork's pull request write {', '.join(writes)}"
        for step in job["steps"]:
            kept = str(step.get("uses", "")).startswith("actions/upload-artifact@")
            if kept and "retention-days" not in step.get("with", {}):
                yield f"{file}: {name}, {step.get('name')}: no retention-days"


def check_approval(file: str, workflow: dict[str, Any]) -> Iterator[str]:
    """Jobs that write before anybody was asked, where a workflow asks, as that of a tag has to."""
    jobs = workflow["jobs"]
    triggers = workflow.get("on", workflow.get(True))

    def is_asked(name: str) -> bool:
        needs = jobs[name].get("needs", [])
        before = [needs] if isinstance(needs, str) else needs
        return "environment" in jobs[name] or any(is_asked(one) for one in before)

    if not any("environment" in job for job in jobs.values()):
        if "tags" in (dict(triggers).get("push") or {}):
            yield f"{file}: tags begin it, and no environment asks anybody"
        return
    for name, job in jobs.items():
        writes = [key for key, value in (job.get("permissions") or {}).items() if value == "write"]
        if writes and not is_asked(name):
            yield f"{file}: {name} writes {', '.join(writes)} before any environment has let it"


def check_environments(workflow: str, platform: str) -> Iterator[str]:
    """Environments that one of deploy.yml and platform.yaml has, and the other has not."""
    yaml = YAML(typ="safe", pure=True)
    document = yaml.load(workflow)
    triggers = document.get("on", document.get(True))
    offered = set(triggers["workflow_dispatch"]["inputs"]["environment"]["options"])
    described = yaml.load(platform)["environments"]
    there = {name for name, value in described.items() if value["target"] != "local"}
    for name in sorted(there - offered):
        yield f"{DEPLOY} does not offer {name}, which platform.yaml has"
    for name in sorted(offered - there):
        yield f"{DEPLOY} offers {name}, which is no cluster's environment in platform.yaml"


def check_scripts(file: str, text: str) -> Iterator[str]:
    """What shellcheck finds in a workflow's `run` blocks, and blocks in another shell."""
    workflow = YAML(typ="safe", pure=True).load(text)
    shell = workflow.get("defaults", {}).get("run", {}).get("shell")
    if shell != "bash":
        yield f"{file}: defaults.run.shell is {shell}, not bash"
    for place, script in scripts(workflow):
        # As the runner starts it: bash -e -o pipefail.
        said = shellcheck(f"set -eo pipefail\n{script}")
        if said:
            yield f"{file}: {place}:\n{said}"


def shellcheck(script: str) -> str:
    """What shellcheck finds; kept in the folder SHELLCHECK_CACHE where that is set."""
    folder = os.environ.get("SHELLCHECK_CACHE")
    kept = Path(folder, hashlib.sha256(script.encode()).hexdigest()) if folder else None
    if kept is not None and kept.exists():
        return kept.read_text()
    result = subprocess.run(
        ["shellcheck", "--shell=bash", "-"], input=script, capture_output=True, text=True, check=False
    )
    said = (result.stdout.strip() or result.stderr.strip()) if result.returncode != 0 else ""
    if kept is not None:
        # Whole or not at all: others look for it meanwhile.
        new = kept.with_suffix(f".{os.getpid()}")
        new.write_text(said)
        new.rename(kept)
    return said


def check(root: Path) -> list[str]:
    """Everything that is wrong with the workflows of a repository."""
    folder = root / ".github/workflows"
    workflows = {str(path.relative_to(root)): path.read_text() for path in folder.glob("*.y*ml")}
    if not workflows:
        return ["there is no workflow"]
    found = list(check_actions(workflows, read_table((root / ".github/actions.lock").read_text())))
    if DEPLOY in workflows:
        found += check_environments(workflows[DEPLOY], (root / "platform.yaml").read_text())
    for file, text in sorted(workflows.items()):
        workflow = YAML(typ="safe", pure=True).load(text)
        found += check_bounds(file, workflow)
        found += check_approval(file, workflow)
        found += check_scripts(file, text)
    return found
