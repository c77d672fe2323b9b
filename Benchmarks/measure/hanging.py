"""Row 5: whether clients of page views that hang upstream are felt by anybody else."""

import http.client
import itertools
import json
import subprocess
import sys
import threading
import time
from statistics import median

from . import databases, load, peers, tables
from .processes import Unavailable

RATE = 1000
CLIENTS = 64
RATIO_MAX = 1.5
SETTLE_SECONDS = 1
DOUBLE = peers.ROOT / "Tests/Support/upstream_double.py"


def measure(bench):
    source = upstream(bench)
    # Longer than a sample, so that what hangs does so all the time.
    server = peers.app(
        bench, databases.sqlite(bench), PAGEVIEWS_BASE_URL=source, PAGEVIEWS_TIMEOUT="60s")
    generator = load.OpenLoop(server.url("/livez"), RATE)
    quiet, hanging = [], []
    try:
        for _ in range(load.ROUNDS):
            quiet.append(window(generator))
            with Clients(server.port) as clients:
                time.sleep(SETTLE_SECONDS)
                hanging.append(window(generator))
                check(clients, server.port)
    finally:
        whole = generator.end()
    if whole["failed"]:
        raise load.Invalid(f"{whole['failed']} requests for /livez failed")
    quotients = tables.ratios(hanging, quiet)
    judged = tables.verdict(f"≤ {RATIO_MAX}", median(quotients) <= RATIO_MAX)
    return tables.table(
        f"5. GET /livez at {RATE:,} requests/s while {CLIENTS} clients hang in page views",
        ["", "p99 of /livez, ms", "goal"],
        [
            ["without them", tables.spread(quiet), ""],
            ["with them", tables.spread(hanging), ""],
            ["with / without", tables.spread(quotients), judged],
        ],
        ["Each client asks for another article, and comes again as Retry-After says."])


def upstream(bench):
    """The source's double, which never answers; its address."""
    process = subprocess.Popen(
        [sys.executable, DOUBLE, "--behaviour", "hang"], stdout=subprocess.PIPE, text=True)
    bench.running.append(process)
    if not (address := process.stdout.readline().strip()):
        raise Unavailable("the double of the source did not start")
    return address


def window(generator):
    """The p99 of one sample."""
    generator.window()
    time.sleep(load.SECONDS)
    return generator.window()["latency_ms"]["p99"]


class Clients:
    """Clients that each wait for a count; leaving the context sends them home."""

    def __init__(self, port):
        self.port = port
        self.titles = (f"Article_{number}" for number in itertools.count())
        self.lock = threading.Lock()
        self.home = threading.Event()
        self.statuses = {}
        self.connections = {}
        self.threads = [
            threading.Thread(target=self.ask, args=(number,), daemon=True)
            for number in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.home.set()
        for connection in list(self.connections.values()):
            if connection.sock:
                connection.sock.close()
        for thread in self.threads:
            thread.join(1)

    def ask(self, number):
        while not self.home.is_set():
            with self.lock:
                title = next(self.titles)
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
            self.connections[number] = connection
            try:
                connection.request("GET", f"/api/pageviews/{title}/2023/11")
                answer = connection.getresponse()
                answer.read()
            except OSError:
                continue
            except http.client.HTTPException:
                continue
            with self.lock:
                self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            self.home.wait(float(answer.headers.get("Retry-After", 1)))


def check(clients, port):
    """Calls hang, and nobody was answered as if they did not."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/metrics")
    page = connection.getresponse().read().decode()
    if "slipway_page_views_upstream_calls 3\n" not in page or set(clients.statuses) - {503}:
        raise load.Invalid(f"page views do not hang: {json.dumps(clients.statuses)}")
