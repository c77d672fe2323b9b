"""Row 9: a hundred environments out of one file, and what kustomize takes for as many overlays."""

import contextlib
import os
import shutil
import subprocess
import time
from statistics import median

from . import load, peers, tables
from .processes import Unavailable

ENVIRONMENTS = 100
MS_MAX, RATIO_MIN = 150, 50

HEAD = """service: { name: slipway, image: ghcr.io/example/slipway, port: 8080 }
defaults:
  resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 128Mi } }
environments:
"""
# Every kind of database, entrance and switch that people have, a quarter each.
KINDS = [
    """    host: e{number}.example.com
    settings: staging
    database: {{ mode: bundled, storage: 5Gi }}
""",
    """    host: e{number}.example.com
    tls: {{ secret: tls }}
    autoscale: {{ min: 3, max: 12, cpu: 70 }}
    monitoring: {{ interval: 15s }}
    database: {{ mode: cloudnative-pg, storage: 50Gi, pooler: transaction }}
    secrets: {{ jwt: {{ external: vault/jwt }} }}
""",
    """    host: e{number}.example.com
    replicas: 3
    auth: off
    database: external
    secrets: {{ database: {{ existing: database }} }}
""",
    """    replicas: 1
    auth: off
    database: sqlite
""",
]


def measure(bench):
    if not shutil.which("kubectl"):
        raise Unavailable("kubectl is not installed")
    platform = bench.folder / "render" / "platform.yaml"
    platform.parent.mkdir(exist_ok=True)
    platform.write_text(HEAD + "".join(
        f"  e{number}:\n    target: kustomize\n    context: c\n    namespace: e{number}\n"
        + KINDS[number % len(KINDS)].format(number=number) for number in range(ENVIRONMENTS)))
    ops = [str(peers.program("ops")), "render", "--all", "--file", str(platform)]
    fresh = bench.folder / "fresh"
    overlays = sorted((platform.parent / "kustomize/overlays").iterdir()) if render(ops) else []
    samples = {name: [] for name in (
        "ops render --all, nothing to change", "ops render --all, all files new",
        f"{len(overlays)} x kubectl kustomize, one after another",
        f"{len(overlays)} x kubectl kustomize, {peers.CORES} at a time")}
    for _ in range(load.ROUNDS):
        shutil.rmtree(fresh, ignore_errors=True)
        taken = [render(ops), render([*ops, "--out", str(fresh)]), kustomize(overlays, 1),
                 kustomize(overlays, peers.CORES)]
        for name, value in zip(samples, taken):
            samples[name].append(value)
    return table(samples, count(platform.parent))


def table(samples, sizes):
    spent = {name: [cpu for _, cpu in taken] for name, taken in samples.items()}
    samples = {name: [wall for wall, _ in taken] for name, taken in samples.items()}
    mine, spent_here = next(iter(samples.values())), next(iter(spent.values()))
    rows = []
    for name, taken in samples.items():
        ratio = tables.spread(tables.ratios(taken, mine)) if rows else ""
        work = tables.spread(tables.ratios(spent[name], spent_here)) if rows else ""
        goal = ""
        if name.startswith("ops"):
            goal = tables.verdict(f"≤ {MS_MAX} ms", median(taken) <= MS_MAX)
        elif name.endswith("another"):
            reached = median(tables.ratios(taken, mine)) >= RATIO_MIN
            goal = tables.verdict(f"≥ {RATIO_MIN} x", reached)
        rows.append([name, tables.spread(taken), ratio, tables.spread(spent[name]), work, goal])
    files, size = sizes
    notes = [
        f"{files:,} files, {size / 1024 / 1024:.1f} MiB; new ones are put on the disk before they"
        " take their places. kubectl writes to /dev/null."]
    title = f"9. Rendering {ENVIRONMENTS} environments"
    head = ["", "ms", "it / ops", "processor, ms", "it / ops", "goal"]
    return tables.table(title, head, rows, notes)


def render(argv):
    """Milliseconds of one rendering, and of processors in it."""
    with taken() as result:
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return result


def kustomize(overlays, at_a_time):
    """Milliseconds until every overlay is built, and of processors until then."""
    waiting, running = list(overlays), []
    with taken() as result:
        while waiting or running:
            while waiting and len(running) < at_a_time:
                running.append(subprocess.Popen(
                    ["kubectl", "kustomize", str(waiting.pop())], stdout=subprocess.DEVNULL))
            ended, status = os.wait()
            if status:
                raise load.Invalid("kubectl kustomize failed")
            running = [process for process in running if process.pid != ended]
    return result


@contextlib.contextmanager
def taken():
    """A list that gets the milliseconds of what is within, and those of processors."""
    result = []
    before, begun = os.times(), time.perf_counter()
    yield result
    wall, after = time.perf_counter() - begun, os.times()
    spent = sum(after[2:4]) - sum(before[2:4])
    result += [wall * 1000, spent * 1000]


def count(folder):
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)
