"""What is committed is what `ops render` makes, the same every time, whoever runs it where."""

import filecmp
import os
import shutil
from pathlib import Path

from places import CHART, CHOICES, CHOSEN, OPS, RENDERED, ROOT, WORK
from platform_file import choices, environments, image
from proof import Command, counted, expect, refuse, run

# A second rendering must not depend on any of this.
ELSEWHERE = {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Chatham", "HOME": "/nonexistent"}


def prove_current() -> str:
    run([OPS, "render", "--all", "--check"], cwd=ROOT)
    return "what is committed is current"


def render() -> str:
    """Renders all environments with an image: what the other steps look at."""
    shutil.rmtree(WORK, ignore_errors=True)
    RENDERED.mkdir(parents=True)
    command: Command = [OPS, "render", "--all", "--image", image(), "--out"]
    run([*command, RENDERED], cwd=ROOT)
    run([OPS, "render", "--file", CHOICES, "--image", image(), "--out", CHOSEN], cwd=ROOT)
    again = WORK / "again"
    again.mkdir()
    run([*command, again], cwd=ROOT, env={**os.environ, **ELSEWHERE})
    files = _files(RENDERED)
    expect(files == _files(again), "the second rendering has other files")
    refuse([f"{name}: other bytes the second time" for name in files if not _same(name, again)])
    refuse(
        [
            f"{path.relative_to(WORK)} was not rendered"
            for environment in [*environments(), *choices()]
            for path in (
                environment.values,
                environment.overlay / "kustomization.yaml",
                environment.flat,
            )
            if not path.is_file()
        ]
    )
    refuse([f"{path.name}: no environment has this name" for path in _leftovers()])
    shutil.rmtree(again)
    return f"{counted(len(files), 'file')}, twice the same bytes"


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _same(name: str, again: Path) -> bool:
    return filecmp.cmp(RENDERED / name, again / name, shallow=False)


def _leftovers() -> list[Path]:
    """Committed values that no environment has any more."""
    names = {environment.values.name for environment in environments()}
    return [path for path in sorted((CHART / "values").glob("*.yaml")) if path.name not in names]
