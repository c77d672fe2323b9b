"""Row 15: what the clients' witness costs, beside the load generator in C at the same rate."""

import json
import os
import resource
import subprocess
from statistics import median

from . import load, peers, tables

RATE = 2000
MICROSECONDS_MAX = 1_000_000 / RATE


def measure(bench):
    server = peers.nginx(bench)
    url = server.url("/livez")
    openloop = peers.compiled("openloop", peers.HERE / "load/openloop.c")
    seconds = max(2, round(load.SECONDS))
    commands = {
        "ops gate": [
            peers.program("ops"), "gate", url, "--rate", RATE, "--consecutive", 1, "--for",
            f"{seconds}s", "--budget", "100%", "--json"],
        "openloop (C)": [openloop, "--rate", RATE, "--seconds", seconds, "--url", url]}
    taken = {name: [] for name in commands}
    late, failed = [], 0
    for _ in range(load.ROUNDS):
        for name, argv in commands.items():
            output, processor = run(argv)
            figures = json.loads(output if name == "ops gate" else output.splitlines()[-1])
            if name == "ops gate":
                prober = figures["report"]["prober"]
                missed = prober["late"] + prober["skipped"] + prober["dropped"]
                late.append(100 * missed / (prober["sent"] + prober["skipped"]))
                failed += figures["report"]["failed"]
                requests = prober["sent"]
            else:
                requests = figures["sent"]
            taken[name].append(processor * 1e6 / requests)
    mine = taken["ops gate"]
    rows = [
        ["ops gate", tables.spread(mine), tables.spread(late), "",
         tables.verdict(f"one core, ≤ {MICROSECONDS_MAX:.0f} µs", median(mine) <= MICROSECONDS_MAX)
         + "; " + tables.verdict("none late", median(late) == 0)],
        ["openloop (C)", tables.spread(taken["openloop (C)"]), "",
         tables.spread(tables.ratios(mine, taken["openloop (C)"])), ""]]
    head = ["", "processor, µs each", "late or not sent, %", "ops / it", "goal"]
    return tables.table(
        f"15. Polling nginx {RATE:,} times a second, half of it on new connections", head, rows,
        [f"Failed: {failed}. The prober has one core, beside nginx on all of them."])


def run(argv):
    """What a command on the first core printed, and the processor seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [str(word) for word in argv], capture_output=True, text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not done.stdout:
        raise load.Invalid(f"{argv[0]}: {done.stderr[-300:]}")
    return done.stdout, (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
