"""Row 13: what the tool costs before it does anything."""

import os
import pathlib
import shutil
import time
from statistics import median

from . import load, peers, tables

REPEATS = 20
START_MS_MAX, SIZE_MIB_MAX = 15, 25
MIB = 1024 * 1024


def measure(bench):
    commands = {"ops version": [peers.program("ops"), "version"]}
    for name, argv in {
        "kubectl version --client": ["kubectl", "version", "--client"],
        "helm version": ["helm", "version", "--short"],
    }.items():
        if found := shutil.which(argv[0]):
            commands[name] = [found, *argv[1:]]
    samples = {name: [] for name in commands}
    for _ in range(load.ROUNDS):
        for name, argv in commands.items():
            samples[name].append(median(run(argv) for _ in range(REPEATS)))
    rows = []
    mine = samples["ops version"]
    for name, taken in samples.items():
        size = pathlib.Path(commands[name][0]).resolve().stat().st_size / MIB
        rows.append(
            [name, tables.spread(taken), f"{size:.1f}"]
            + ([goals(taken, size), ""] if not rows else
               ["", tables.spread(tables.ratios(taken, mine))]))
    head = ["", "start to exit, ms", "binary, MiB", "goal", "it / ops"]
    absent = [] if shutil.which("helm") else ["helm is not installed here."]
    return tables.table("13. Start and size of the tool", head, rows, absent)


def goals(taken, size):
    return "; ".join(
        [
            tables.verdict(f"≤ {START_MS_MAX} ms", median(taken) <= START_MS_MAX),
            tables.verdict(f"≤ {SIZE_MIB_MAX} MiB", size <= SIZE_MIB_MAX),
        ])


def run(argv):
    """Milliseconds from posix_spawn to the exit."""
    argv = [str(word) for word in argv]
    with open(os.devnull, "wb") as null:
        actions = [(os.POSIX_SPAWN_DUP2, null.fileno(), stream) for stream in (1, 2)]
        begun = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=actions)
        _, status = os.waitpid(pid, 0)
        taken = (time.perf_counter() - begun) * 1000
    if status:
        code = os.waitstatus_to_exitcode(status)
        raise load.Invalid(f"{' '.join(argv)} exits {code}")
    return taken
