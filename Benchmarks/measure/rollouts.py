"""Row 11: local rollouts under an open load, one after another."""

import os
import re
import subprocess
import time
from statistics import median

from . import load, peers, tables
from .processes import Unavailable, clean_environment, first_200, free_port

RATE = 2000
ROLLOUTS = int(os.environ.get("BENCH_ROLLOUTS", "20"))
ROLLOUT_SECONDS_MAX = 300
RATIO_MAX = 2
TAIL_LINES = 8


def measure(bench):
    port = free_port()
    project = prepared(bench, port)
    bench.endings.append(lambda: rollout(project, "--stop"))
    first = rollout(project)
    if first.returncode:
        raise Unavailable(f"the first rollout exits {first.returncode}: {tail(project)}")
    first_200(port, "/livez")
    generator = load.OpenLoop(f"http://127.0.0.1:{port}/livez", RATE)
    try:
        pairs, causes, seconds = series(project, generator)
    finally:
        whole = generator.end()
    return report(pairs, causes, seconds, whole)


def prepared(bench, port):
    """A project folder of its own: the repository's environments, another port."""
    project = bench.folder / "project"
    project.mkdir()
    text = (peers.ROOT / "platform.yaml").read_text()
    text, count = re.subn(r"(?m)^(  port:) \d+$", rf"\1 {port}", text)
    if count != 1:
        raise SystemExit("platform.yaml: no `port:` found to replace")
    (project / "platform.yaml").write_text(text)
    return project


def rollout(project, *options):
    """One `ops rollout`; its output goes to a file, which the supervisor may keep open."""
    argv = [peers.program("ops"), "rollout", "--env", "local", *options]
    with open(project / "rollout.log", "wb") as log:
        return subprocess.run(
            argv, cwd=project, env=clean_environment(), stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, timeout=ROLLOUT_SECONDS_MAX)


def tail(project):
    return " / ".join((project / "rollout.log").read_text().split("\n")[-TAIL_LINES:]).strip()


def series(project, generator):
    """Pairs of windows, each rollout's preceded by a quiet one; why rollouts ended badly."""
    pairs, causes, seconds = [], [], []
    for number in range(1, ROLLOUTS + 1):
        generator.window()  # what came since the last rollout belongs to neither
        time.sleep(load.SECONDS)
        before = generator.window()
        begun = time.perf_counter()
        if code := rollout(project).returncode:
            causes.append(f"Rollout {number} exits {code}: {tail(project)}")
        seconds.append(time.perf_counter() - begun)
        pairs.append((before, generator.window()))
    return pairs, causes, seconds


def report(pairs, causes, seconds, whole):
    before = [b["latency_ms"]["p99"] for b, _ in pairs]
    during = [d["latency_ms"]["p99"] for _, d in pairs]
    quotients = tables.ratios(during, before)
    gaps = [d["longest_gap_ms"] for _, d in pairs]
    failed, sent = whole["failed"], whole["sent"]
    rows = [
        ["rollouts that ended well", f"{len(pairs) - len(causes)} of {len(pairs)}",
         tables.verdict("all", not causes)],
        ["seconds of one", tables.spread(seconds), ""],
        ["requests sent", f"{sent:,} ({whole['sent_per_second']:.0f}/s)", f"{RATE}/s"],
        ["failed", f"{failed} {whole['errors'] or ''}", tables.verdict("0", failed == 0)],
        ["revisions seen", f"{len(whole['revisions'])}", f"{len(pairs) + 1}"],
        ["p99 before, ms", tables.spread(before), ""],
        ["p99 during, ms", tables.spread(during), ""],
        ["p99 during / before", tables.spread(quotients),
         tables.verdict(f"≤ {RATIO_MAX}", median(quotients) <= RATIO_MAX)],
        ["longest time without a success during one, ms", tables.spread(gaps), ""],
    ]
    notes = list(causes)
    if whole["skipped"]:
        notes.append(f"The generator got no processor for {whole['skipped']} more requests.")
    if failed == 0:
        notes.append(f"None failed of {sent:,}: with 95 % confidence less than {3 / sent:.1e}.")
    title = f"11. {len(pairs)} rollouts on one machine under {RATE:,} requests/s"
    return tables.table(title, ["", "", "goal"], rows, notes)
