"""Row 8: a backup and a drill of whole databases, against pg_dump and an upload by boto3."""

import json
import os
import pathlib
import subprocess
import sys
import threading
import time
from statistics import median

from . import databases, load, peers, tables
from .processes import Unavailable, free_port, stop, tree

SIZES = [int(word) for word in os.environ.get("BENCH_BACKUP_MIB", "1024").split()]
ROUNDS = int(os.environ.get("BENCH_BACKUP_ROUNDS", load.ROUNDS))
SLOWER_MAX, MEMORY_MIB_MAX = 1.1, 96
SAMPLE_SECONDS = 0.1
MIB = 1024 * 1024

# What `aws s3 cp -` does, by the library that it does it with.
UPLOAD = """
import sys, boto3
from botocore.config import Config
boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", config=Config(
    request_checksum_calculation="when_required")).upload_fileobj(
    sys.stdin.buffer, "bench", "peer")
"""

# Rows as a shop has them: half of their bytes are digits that do not repeat.
ROWS = """
CREATE TABLE orders AS SELECT n AS id, md5(n::text) AS token, 'customer ' || n % 5000 AS customer,
  (n::bigint * 7919 % 1000000) / 100.0 AS price,
  timestamptz '2026-01-01' + n * interval '1 second' AS at,
  repeat('a remark that says little ', 1 + n % 4) AS remark
FROM generate_series(1, {rows}) AS n;
ALTER TABLE orders ADD PRIMARY KEY (id);
"""
ROWS_PER_MIB = 5100


def measure(bench):
    python = peers.ROOT / ".tools/storage/bin/python"
    if not python.exists():
        raise Unavailable("scripts/fetch-test-tools storage makes what uploads by boto3")
    server = databases.Postgres(bench)
    parts = [one(bench, server, python, size) for size in SIZES]
    return "\n".join(parts)


def one(bench, server, python, size):
    """The table of one size of database."""
    name = f"bench{size}"
    server.psql(f"CREATE DATABASE {name}")
    script = bench.folder / "rows.sql"
    script.write_text(ROWS.format(rows=size * ROWS_PER_MIB))
    run_plainly([server.tools / "psql", *server.address, "-qXv", "ON_ERROR_STOP=1", "-f", script,
                 name])
    bytes_held = int(server.psql(f"SELECT pg_database_size('{name}')"))
    bucket = Bucket(bench)
    environment = {
        **os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": server.user,
        "PGDATABASE": name, "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench",
        "no_proxy": "127.0.0.1", "DATABASE_URL": server.url.rpartition("/")[0] + "/" + name}
    store = f"s3://bench/backups?profile=minio&region=us-east-1&endpoint={bucket.endpoint}"
    place = ["--store", store, "--name", name]
    run = [peers.program("ops"), "backup", "run", "--database", "env:DATABASE_URL", *place]
    dump = f"{server.tools}/pg_dump -Fc"
    measures = {
        "ops backup run --proof none": [*run, "--proof", "none"],
        "pg_dump -Fc > /dev/null": ["sh", "-c", f"exec {dump} >/dev/null"],
        "pg_dump -Fc, upload by boto3": [
            "bash", "-c", f'set -o pipefail; {dump} | "$0" -c "$1" "$2"', python, UPLOAD,
            bucket.endpoint],
        "ops backup run": run,
    }
    samples = {what: [] for what in measures}
    for turn in range(ROUNDS):
        names = list(measures)
        for what in names[turn % 2:] + names[:turn % 2]:
            samples[what].append(watched(measures[what], environment))
    scratch = bench.folder / f"scratch{size}"
    scratch.mkdir(mode=0o711)
    drill = watched(
        [peers.program("ops"), "backup", "drill", *place, "--scratch", str(scratch), "--report",
         str(scratch)], environment)
    found = json.loads((scratch / "drill.json").read_text())
    bucket.stop()
    server.psql(f"DROP DATABASE {name}")
    return table(size, bytes_held, samples, drill, found)


class Bucket:
    """The server of bucket.py, and its folder."""

    def __init__(self, bench):
        self.folder = bench.folder / f"bucket-{free_port()}"
        self.folder.mkdir()
        port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).with_name("bucket.py"), str(port),
             str(self.folder)], stdin=subprocess.PIPE)
        self.endpoint = f"http://127.0.0.1:{port}"
        bench.endings.append(lambda: stop(self.process))
        time.sleep(1)

    def stop(self):
        stop(self.process)
        for piece in self.folder.iterdir():
            piece.unlink()


def run_plainly(argv):
    subprocess.run([str(word) for word in argv], check=True, stdout=subprocess.DEVNULL)


def watched(argv, environment):
    """Seconds, and the peaks in MiB of its own resident memory and of the whole tree's share."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in argv], env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE)
    peak = Peak(process.pid)
    errors = process.stderr.read().decode(errors="replace")
    process.wait()
    taken = time.perf_counter() - begun
    peak.end()
    if process.returncode:
        raise load.Invalid(f"{argv[0]} exits {process.returncode}: {errors[-500:]}")
    return taken, peak.own / MIB, peak.tree / MIB


class Peak:
    """Looks at the memory of a process and of all that it started, until it is told to end."""

    def __init__(self, pid):
        self.pid, self.own, self.tree, self.ended = pid, 0, 0, threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.ended.wait(SAMPLE_SECONDS):
            try:
                status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
                self.own = max(self.own, *(
                    int(line.split()[1]) * 1024 for line in status.splitlines()
                    if line.startswith("VmHWM:")), 0)
            except OSError:
                continue
            total = 0
            for member in tree(self.pid):
                try:
                    total += proportional_bytes_of_one(member)
                except (OSError, ProcessLookupError):
                    pass
            self.tree = max(self.tree, total)

    def end(self):
        self.ended.set()
        self.thread.join()


def proportional_bytes_of_one(pid):
    """Proportional set size of one process."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def table(size, bytes_held, samples, drill, found):
    names = list(samples)
    seconds = {what: [sample[0] for sample in taken] for what, taken in samples.items()}
    quotients = {
        what: tables.ratios(seconds[names[0]], seconds[what]) for what in names[1:3]}
    own = [sample[1] for what in (names[0], names[3]) for sample in samples[what]]
    goals = "; ".join([
        tables.verdict(f"≤ {SLOWER_MAX} of pg_dump", median(quotients[names[1]]) <= SLOWER_MAX),
        tables.verdict("faster than the upload", median(quotients[names[2]]) < 1),
        tables.verdict(f"≤ {MEMORY_MIB_MAX} MiB", max(own) <= MEMORY_MIB_MAX)])
    rows = []
    for what in names:
        memory = [tables.spread([sample[place] for sample in samples[what]]) for place in (1, 2)]
        rows.append([
            what, tables.spread(seconds[what]),
            tables.spread(quotients[what]) if what in quotients else "",
            memory[0] if what.startswith("ops") else "", memory[1],
            goals if what == names[0] else ""])
    recovery = sum(one["recoveryMilliseconds"] for one in found["restored"]) / 1000
    rows.append([
        f"ops backup drill, {recovery:.1f} s of it the restore", f"{drill[0]:.1f}", "",
        f"{drill[1]:.1f}", f"{drill[2]:.1f}", ""])
    return tables.table(
        f"8. Backup of {bytes_held / MIB:,.0f} MiB, PostgreSQL, a bucket on loopback",
        ["", "seconds", "ops / it", "ops alone, MiB", "all its programs, MiB", "goal"], rows,
        ["Memory is the peak: resident of ops alone, the proportional set of it and all programs"
         " that it started. The server of the drill is one of these."])
