"""Row 12: how soon a rollout that fails is known to fail, and is taken back.

The cluster is the fake of the tests under the real kubectl, at the pace of a real one. When it shows
what is wrong is told by a watch of its own, beside that of `ops`.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from statistics import median

from . import load, peers, tables
from .processes import Unavailable, clean_environment


NAMESPACE = "slipway-testing"
IMAGE = "registry.example/slipway"
GRACE_SECONDS = 5
VERDICT_SECONDS_MAX, BACK_SECONDS_MAX = 2, 1
ROLLOUT_SECONDS_MAX = 180
ROLLED_BACK = 12
READINESS_SECONDS = 6

# What fails: its scenario, the sign that shows it, how long it may heal, and words of its cause.
CLASSES = {
    "image not found": ("image-missing", "image", 0, "has no image"),
    "crash at start": ("crash", "exited", 0, "exit 1"),
    "out of memory": ("oom", "out-of-memory", 0, "OOMKilled"),
    "migration fails": ("job-fails", "exited", 0, "exit 24"),
    "unschedulable": ("unschedulable", "unschedulable", GRACE_SECONDS, "no node takes it"),
    "quota": ("quota", "not-created", GRACE_SECONDS, "the quota is used up"),
    "never ready": ("never-ready", "unready", GRACE_SECONDS + READINESS_SECONDS, "readiness probe"),
}
# Helm 4.2.3 with --rollback-on-failure and a timeout of 300 s on a real cluster of Kubernetes 1.36.2,
# measured once for each class on 2026-11-21: seconds to the verdict.
HELM = {
    "image not found": 300.3, "crash at start": 300.2, "out of memory": 300.2,
    "migration fails": 5.0, "unschedulable": 300.2, "quota": 300.4, "never ready": 300.2,
}


def measure(bench):
    if not shutil.which("kubectl"):
        raise Unavailable("kubectl is not installed")
    project = prepared(bench)
    code, words = rollout(project, "good-0")
    if code:
        raise Unavailable(f"the first rollout exits {code}: {words}")
    samples = {name: [] for name in CLASSES}
    causes = {}
    for number in range(load.ROUNDS):
        for name, (scenario, sign, _, words) in CLASSES.items():
            taken, causes[name] = failure(project, f"r{number}-{scenario}", sign, words)
            samples[name].append(taken)
    return report(samples, causes)


def prepared(bench):
    """A folder with an environment of a cluster of its own."""
    fake = subprocess.Popen(
        [sys.executable, "-B", str(peers.ROOT / "Tests/cluster/fake/fake_cluster.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean_environment())
    bench.endings.append(fake.communicate)
    _, api, _ = fake.stdout.readline().split()
    project = bench.folder / "detection"
    project.mkdir()
    (project / "kubeconfig").write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "fake",
        "clusters": [{"name": "fake", "cluster": {"server": f"http://127.0.0.1:{api}"}}],
        "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
        "users": [{"name": "fake", "user": {}}]}))
    (project / "platform.yaml").write_text(f"""
service: {{ name: slipway, image: {IMAGE} }}
environments:
  testing:
    target: kustomize
    settings: staging
    context: fake
    namespace: {NAMESPACE}
    database: {{ mode: bundled }}
    drain: 5s
    rollout:
      {{ probeRate: 20, consecutive: 10, minReady: 1s, soak: 1s, grace: {GRACE_SECONDS}s,
        latencyFactor: 1000, failedMax: 1000 }}
""")
    return project


def environment(project):
    return {**clean_environment(), "KUBECONFIG": str(project / "kubeconfig"),
            "GITHUB_ACTIONS": "true"}


def rollout(project, tag):
    """One `ops rollout`: its exit code, and the cause or what it said last."""
    shutil.rmtree(project / "report", ignore_errors=True)
    argv = [peers.program("ops"), "rollout", "--env", "testing", "--image", f"{IMAGE}:{tag}",
            "--report", "report"]
    done = subprocess.run(
        argv, cwd=project, env=environment(project), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=ROLLOUT_SECONDS_MAX)
    told = re.search(r"^::error[^:]*::[a-z-]+: (.*)$", done.stdout + done.stderr, re.MULTILINE)
    return done.returncode, told[1] if told else done.stdout[-500:]


def failure(project, tag, sign, words):
    """Seconds from the sign to the verdict, and from there to the way back; and the cause."""
    with open(project / "signs", "wb") as file:
        watch = subprocess.Popen(
            [sys.executable, str(peers.ROOT / "Tests/e2e/signs"), NAMESPACE], stdout=file,
            env=environment(project))
    try:
        while b"watching" not in (project / "signs").read_bytes():
            time.sleep(0.05)
        code, cause = rollout(project, tag)
    finally:
        watch.terminate()
        watch.wait()
    if code != ROLLED_BACK or words not in cause:
        raise load.Invalid(f"{tag} exits {code}: {cause}")
    figures = [str(peers.ROOT / "Tests/e2e/figures"), "times", "signs", "report/rollout.json"]
    told = subprocess.run(
        [*figures, sign], cwd=project, check=True, capture_output=True, text=True).stdout
    verdict, back, _ = told.split()
    if verdict == "none":
        raise load.Invalid(f"{tag}: the watch did not see the sign {sign}")
    return (float(verdict), float(back)), cause


def report(samples, causes):
    rows, notes = [], []
    for name, taken in samples.items():
        grace = CLASSES[name][2]
        verdicts, backs = [[pair[part] for pair in taken] for part in (0, 1)]
        limit = VERDICT_SECONDS_MAX + grace
        goals = [tables.verdict(f"≤ {limit} s", median(verdicts) <= limit),
                 tables.verdict(f"≤ {BACK_SECONDS_MAX} s", median(backs) <= BACK_SECONDS_MAX)]
        rows.append([name, f"{grace} s" if grace else "", seconds(verdicts), seconds(backs),
                     "; ".join(goals), f"{HELM[name]} s"])
        notes.append(f"{name}: {causes[name]}")
    head = ["", "may heal for", "sign to verdict, s", "verdict to way back, s", "goals",
            "Helm, call to verdict"]
    return tables.table("12. Failures found on a cluster", head, rows, notes)


def seconds(samples):
    return f"{median(samples):.2f} ({min(samples):.2f} to {max(samples):.2f})"
