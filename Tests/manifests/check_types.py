"""These tests are typed and tidy: mypy and ruff agree."""

import sys
from pathlib import Path

from places import HERE, WORK
from proof import Command, counted, run


def prove_types() -> str:
    files = sorted(HERE.rglob("*.py"))
    cache = WORK.parent / "mypy"
    command: Command = [sys.executable, "-m", "mypy", "--cache-dir", cache, *files]
    run(command, cwd=HERE)
    ruff = Path(sys.executable).parent / "ruff"
    run([ruff, "check", "--no-cache", "--quiet", "."], cwd=HERE)
    run([ruff, "format", "--no-cache", "--check", "--quiet", "."], cwd=HERE)
    beside = [HERE.parent / "e2e" / name for name in ("helm", "definitions", "signs", "figures")]
    for words in (["check"], ["format", "--check"]):
        run([ruff, *words, "--no-cache", "--quiet", "--config", "ruff.toml", *beside], cwd=HERE)
    return f"{counted(len(files), 'file')} typed, strictly, and tidy"
