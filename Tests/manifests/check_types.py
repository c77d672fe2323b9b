"""These tests are typed, and mypy agrees."""

import sys

from places import HERE, WORK
from proof import Command, counted, run


def prove_types() -> str:
    files = sorted(HERE.rglob("*.py"))
    cache = WORK.parent / "mypy"
    command: Command = [sys.executable, "-m", "mypy", "--cache-dir", cache, *files]
    run(command, cwd=HERE)
    return f"{counted(len(files), 'file')} typed, strictly"
