"""checkov over every environment, in both forms."""

import json
from pathlib import Path

import forms
from charts import Chart
from documents import Object, read_file, write
from places import CHECKOV, ROOT, WORK
from platform_file import environments
from proof import Command, Failure, attempt, counted, refuse

CONFIGURATION = ROOT / "Tests" / "checkov" / "config.yaml"


def prove_secure() -> str:
    chart = Chart()
    problems: list[str] = []
    passed = 0
    skips = _skips()
    used: set[str] = set()
    for environment in environments():
        for form, things in (
            ("helm", forms.helm(chart, environment)),
            ("kustomize", forms.kustomize(environment.overlay)),
        ):
            folder = WORK / "checkov" / environment.name / form
            folder.mkdir(parents=True, exist_ok=True)
            for number, thing in enumerate(things):
                name = f"{number:02}-{thing['kind']}-{thing['metadata']['name']}.yaml"
                (folder / name.lower()).write_text(write(thing), encoding="utf-8")
            report = _checkov(folder)
            passed += report["summary"]["passed"]
            for check in report["results"]["failed_checks"]:
                where = f"{environment.name}, {form}, {check['resource']}"
                if check["check_id"] in skips:
                    used.add(check["check_id"])
                else:
                    problems.append(f"{where}: {check['check_id']}: {check['check_name']}")
    problems += [f"{CONFIGURATION.name}: {name} fails nowhere any more" for name in skips.keys() - used]
    refuse(problems)
    return f"{counted(passed, 'check')} passed, 0 failed, {counted(len(skips), 'skip')}"


def _skips() -> dict[str, str]:
    """Checks that may fail, each with the reason."""
    skips: dict[str, str] = read_file(CONFIGURATION)["skips"]
    refuse([f"{CONFIGURATION.name}: {name} has no reason" for name, why in skips.items() if not why])
    return skips


def _checkov(folder: Path) -> Object:
    command: Command = [CHECKOV, "--framework", "kubernetes", "--skip-download", "--quiet", "--compact"]
    done = attempt([*command, "--output", "json", "--directory", folder], cwd=folder)
    try:
        report: Object = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise Failure([f"checkov: exit {done.returncode}", done.stderr.strip()[-2000:]]) from error
    if "results" not in report:
        raise Failure([f"checkov looked at nothing in {folder.name}"])
    if report["summary"].get("parsing_errors"):
        raise Failure([f"checkov could not read a file of {folder.name}"])
    return report
