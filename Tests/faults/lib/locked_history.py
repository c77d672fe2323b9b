"""POSTs at a steady rate against the service on PostgreSQL while its audit table is locked.

Usage: locked_history.py, with the folder of the programs in BENCH_BINARIES.
Prints one line for each case: its name, what is expected and what was seen, with tabs between;
lines that begin with # are remarks.
"""
import http.client
import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "Benchmarks"))
from measure import databases, load, peers  # noqa: E402
from measure.processes import Bench  # noqa: E402

CLIENTS = 8
RATE = 200  # requests a second of all clients together
BEFORE_SECONDS = 6
LOCK_SECONDS = 10
WRITTEN_SECONDS_MAX = 20
# A machine that others use moves a p99 by itself; a request that waits for the lock takes seconds.
TIMES_MAX, SECONDS_MORE_MAX = 3, 0.25


class Client(threading.Thread):
    """One kept connection; a request every CLIENTS / RATE seconds, timed from when it was due."""

    def __init__(self, server, number):
        super().__init__()
        self.server, self.number = server, number
        self.samples, self.failed, self.ending = [], 0, threading.Event()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        step = CLIENTS / RATE
        due = time.monotonic() + step * self.number / CLIENTS
        while not self.ending.is_set():
            time.sleep(max(0, due - time.monotonic()))
            try:
                connection.request(
                    "POST", "/api/randomizes", b'{"word":"slipway"}',
                    {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                self.failed += answer.status != 201
            except (OSError, http.client.HTTPException):
                self.failed += 1
                connection.close()
            self.samples.append((due, time.monotonic() - due))
            due += step


def p99(samples):
    return sorted(samples)[int(len(samples) * 0.99)]


def metric(server, name):
    return load.metric(server.url("/metrics"), name)


def row(name, expected, seen):
    print(name, expected, seen, sep="\t", flush=True)


def measure(bench):
    postgres = databases.Postgres(bench)
    databases.migrate(postgres.url)
    server = peers.app(bench, postgres.url, "/readyz", LOG_LEVEL="warning")
    clients = [Client(server, number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(BEFORE_SECONDS)
    locked = time.monotonic()
    postgres.psql(
        "BEGIN; LOCK TABLE histories IN ACCESS EXCLUSIVE MODE;"
        f"SELECT pg_sleep({LOCK_SECONDS}); COMMIT")
    free = time.monotonic()
    waiting = metric(server, "slipway_audit_queue_entries")
    for client in clients:
        client.ending.set()
    for client in clients:
        client.join()
    samples = [sample for client in clients for sample in client.samples]
    before = p99([took for due, took in samples if due < locked])
    during = p99([took for due, took in samples if locked <= due < free])
    print(f"# p99 of POST: {before * 1000:.2f} ms before, {during * 1000:.2f} ms with the audit "
          f"table locked for {free - locked:.1f} s; {waiting:.0f} requests waited for their row")
    row("clients' failures", 0, sum(client.failed for client in clients))
    is_moved = during > before * TIMES_MAX + SECONDS_MORE_MAX
    row("p99 is moved by the lock", "no", "yes" if is_moved else "no")
    deadline = time.monotonic() + WRITTEN_SECONDS_MAX
    while metric(server, "slipway_audit_queue_entries") and time.monotonic() < deadline:
        time.sleep(0.1)
    row("rows of the history", len(samples), postgres.psql("SELECT count(*) FROM histories"))
    row("dropped", 0, int(metric(server, "slipway_audit_dropped_total")))


with Bench() as bench:
    measure(bench)
