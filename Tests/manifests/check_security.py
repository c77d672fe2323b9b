"""checkov over every environment, in both forms."""

import concurrent.futures
import fnmatch
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import forms
from charts import Chart
from documents import Object, read_file, write
from places import CHECKOV, ROOT, WORK
from platform_file import environments
from proof import Command, Failure, attempt, counted, refuse

CONFIGURATION = ROOT / "Tests" / "checkov" / "config.yaml"
FOLDER = WORK / "checkov"
FORMS = ("helm", "kustomize")


@dataclass
class Skip:
    """A check that may fail, where and why."""

    check: str
    resources: str
    reason: str
    uses: int = 0

    def covers(self, check: str, resource: str) -> bool:
        if check != self.check or not fnmatch.fnmatchcase(resource, self.resources):
            return False
        self.uses += 1
        return True

    def __str__(self) -> str:
        return f"{self.check} of {self.resources}"


def prove_secure() -> str:
    chart = Chart()
    for environment in environments():
        _write("helm", environment.name, forms.helm(chart, environment))
        _write("kustomize", environment.name, forms.kustomize(environment.overlay))
    skips = _skips()
    problems: list[str] = []
    passed = 0
    # Each run takes seconds to load, whatever it looks at.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        reports = list(pool.map(checkov, (FOLDER / form for form in FORMS)))
    for form, report in zip(FORMS, reports, strict=True):
        passed += report["summary"]["passed"]
        # What an annotation of the object skips has to stand in the file as well.
        failed = [*report["results"]["failed_checks"], *report["results"]["skipped_checks"]]
        for check in failed:
            if not any(skip.covers(check["check_id"], check["resource"]) for skip in skips):
                where = f"{form}, {check['resource']}"
                problems.append(f"{where}: {check['check_id']}: {check['check_name']}")
    unused = [skip for skip in skips if skip.uses == 0]
    refuse(problems + [f"{CONFIGURATION.name}: {skip} fails nowhere any more" for skip in unused])
    skipped = sum(skip.uses for skip in skips)
    return (
        f"{counted(passed, 'check')} passed, 0 failed; {skipped} skipped for {len(skips)} reasons"
    )


def _write(form: str, environment: str, things: Sequence[Object]) -> None:
    folder = FOLDER / form
    folder.mkdir(parents=True, exist_ok=True)
    for thing in things:
        name = f"{environment}-{thing['kind']}-{thing['metadata']['name']}.yaml"
        (folder / name.lower()).write_text(write(thing), encoding="utf-8")


def _skips() -> list[Skip]:
    skips = [Skip(**entry) for entry in read_file(CONFIGURATION)["skips"]]
    refuse([f"{CONFIGURATION.name}: {skip} has no reason" for skip in skips if not skip.reason])
    return skips


def checkov(folder: Path) -> Object:
    """What checkov reports of the files in a folder.

    It leaves out whatever has a hidden folder in its path, so that it starts in the folder itself.
    """
    command: Command = [CHECKOV, "--framework", "kubernetes", "--skip-download", "--compact"]
    done = attempt(
        [*command, "--output", "json", "--directory", "."],
        cwd=folder,
        env={**os.environ, "CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"},
    )
    try:
        report: Object = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise Failure([f"checkov: exit {done.returncode}", done.stderr.strip()[-2000:]]) from error
    files = len(list(folder.glob("*.yaml")))
    if report.get("summary", {}).get("resource_count", 0) < files:
        raise Failure([f"checkov did not look at all {files} files of {folder.name}"])
    if report["summary"]["parsing_errors"]:
        raise Failure([f"checkov could not read a file of {folder.name}"])
    return report
