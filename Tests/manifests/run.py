"""Runs the steps of the proof of the manifests: as many at a time as there are processors.

usage: run.py [STEP...]

Each step is a process of its own: the libraries below have threads and memory of their own, and one
that breaks must not take the others along. Steps print in the order of the list.
"""

import concurrent.futures
import importlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from proof import Failure

SECONDS_MAX = 1200


@dataclass(frozen=True)
class Step:
    """A function that hands back a sentence of what it proved, or fails."""

    name: str
    function: str


# What the others need.
FIRST = Step("render", "check_render.render")

# Fast ones first; a long one begins early enough to end with the others.
STEPS = (
    Step("current", "check_render.prove_current"),
    Step("schema", "check_chart.prove_schema"),
    Step("lint", "check_chart.prove_lint"),
    Step("refusals", "check_chart.prove_refusals"),
    Step("needs", "check_chart.prove_needs"),
    Step("versions", "check_chart.prove_versions"),
    Step("overlays", "check_kustomize.prove_overlays"),
    Step("agreement", "check_forms.prove_agreement"),
    Step("rules", "check_rules.prove_rules"),
    Step("rule tests", "check_rules.prove_unit_tests"),
    Step("dashboard", "check_rules.prove_dashboard"),
    Step("platform", "check_platform.prove_schema"),
    Step("checkov", "check_security.prove_secure"),
    Step("generated", "check_generated.prove_agreement"),
    Step("values", "check_values.prove_refused"),
    Step("sensitivity", "check_forms.prove_sensitivity"),
    Step("kubernetes", "check_schemas.prove_known"),
    Step("components", "check_schemas.prove_combinations"),
    Step("patches", "check_kustomize.prove_patches"),
    Step("policies", "check_policies.prove_environments"),
    Step("mistakes", "check_policies.prove_rules"),
    Step("selftest", "selftest.prove_failures"),
    Step("types", "check_types.prove_types"),
)


@dataclass(frozen=True)
class Outcome:
    step: Step
    seconds: float
    passed: bool
    text: str


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--step"]:
        return _prove(arguments[1])
    chosen = [step for step in STEPS if not arguments or step.name in arguments]
    unknown = set(arguments) - {step.name for step in STEPS}
    if unknown:
        print(f"check-manifests: there is no step {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    first = _run(FIRST)
    _show(first)
    if not first.passed:
        return 1
    workers = len(os.sched_getaffinity(0))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=workers) as pool:
        for outcome in pool.map(_run, chosen):
            _show(outcome)
            failed += not outcome.passed
    if failed:
        print(f"check-manifests: {failed} of {len(chosen)} steps failed", file=sys.stderr)
    return 1 if failed else 0


def _run(step: Step) -> Outcome:
    began = time.monotonic()
    command = [sys.executable, str(Path(__file__)), "--step", step.function]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=SECONDS_MAX
        )
    except subprocess.TimeoutExpired:
        return Outcome(step, SECONDS_MAX, False, f"no end within {SECONDS_MAX} s")
    text = done.stdout.strip()
    if done.returncode != 0:
        text = "\n".join(part for part in (text, done.stderr.strip()[-4000:]) if part)
        text = text or f"ended by signal or exit {done.returncode}"
    passed = done.returncode == 0 and bool(text)
    return Outcome(step, time.monotonic() - began, passed, text or "it says nothing")


def _prove(function: str) -> int:
    module, _, name = function.partition(".")
    try:
        print(getattr(importlib.import_module(module), name)())
    except Failure as failure:
        print(failure.text())
        return 1
    return 0


def _show(outcome: Outcome) -> None:
    word = "" if outcome.passed else "FAILED\n"
    print(f"{outcome.step.name:<12}{outcome.seconds:6.1f} s  {word}{outcome.text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
