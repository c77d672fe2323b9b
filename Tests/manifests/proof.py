"""What a step hands back: a sentence with counts, or all that is wrong."""

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

PROBLEMS_SHOWN_MAX = 40
LINES_QUOTED_MAX = 40

# A program and its arguments.
Command = Sequence[str | Path]


class Failure(Exception):
    """What a step found wrong."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))

    def text(self) -> str:
        shown = self.problems[:PROBLEMS_SHOWN_MAX]
        left = len(self.problems) - len(shown)
        return "\n".join([*shown, *([f"... and {left} more"] if left else [])])


def refuse(problems: Sequence[str]) -> None:
    """Fails with what was found, if anything was."""
    if problems:
        raise Failure(problems)


def expect(condition: bool, problem: str) -> None:
    """Fails with one sentence unless the condition holds."""
    if not condition:
        raise Failure([problem])


def counted(count: int, noun: str) -> str:
    """`3 objects`, `1 object`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def run(arguments: Command, *, seconds: float = 120, **settings: object) -> str:
    """What a program prints; a failure quotes the end of what it said."""
    done = attempt(arguments, seconds=seconds, **settings)
    if done.returncode != 0:
        said = [*done.stdout.splitlines()[-LINES_QUOTED_MAX:], *done.stderr.splitlines()]
        said = said[-LINES_QUOTED_MAX:]
        command = " ".join(str(argument) for argument in arguments)
        raise Failure([f"{command}: exit {done.returncode}", *said])
    return done.stdout


def attempt(
    arguments: Command, *, seconds: float = 120, **settings: object
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end, whatever it exits with."""
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [str(argument) for argument in arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        **settings,
    )
