"""Row 5: whether clients of page views that hang upstream are felt by anybody else."""

import http.client
import select
import subprocess
import sys
import threading
import time
from statistics import median

from . import databases, load, peers, tables
from .processes import Unavailable

RATE = 1000
CLIENTS = 64
ARTICLES = 3
RATIO_MAX = 1.5
# What the answers say in Retry-After.
PAUSE_SECONDS = 1
SETTLE_SECONDS = 1
DOUBLE = peers.ROOT / "Tests/Support/upstream_double.py"


def measure(bench):
    source, database = upstream(bench), databases.sqlite(bench)
    quiet, hanging = zip(*(one_round(bench, source, database) for _ in range(load.ROUNDS)))
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
        [f"The clients want {ARTICLES} articles: as many calls hang as there may be, some clients"
         " wait for what comes of them, and the others are told 503 and ask again after a second."])


def one_round(bench, source, database):
    """The p99 without and with the clients, on a service of its own: what hangs once goes on."""
    server = peers.app(
        bench, database, PAGEVIEWS_BASE_URL=source, PAGEVIEWS_TIMEOUT="60s", REQUEST_TIMEOUT="5m")
    generator = load.OpenLoop(server.url("/livez"), RATE)
    try:
        quiet = window(generator)
        with Clients(server.port) as clients:
            time.sleep(SETTLE_SECONDS)
            hanging = window(generator)
            check(clients, server.port)
    finally:
        whole = generator.end()
        bench.stop(server.process)
    if whole["failed"]:
        raise load.Invalid(f"{whole['failed']} requests for /livez failed")
    return quiet, hanging


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
        self.connections = [
            http.client.HTTPConnection("127.0.0.1", port) for _ in range(CLIENTS)]
        self.wrong = 0

    def __enter__(self):
        self.asking = True
        self.thread = threading.Thread(target=self.keep_asking, daemon=True)
        for number, connection in enumerate(self.connections):
            self.ask(number, connection)
        self.thread.start()
        return self

    @staticmethod
    def ask(number, connection):
        connection.request("GET", f"/api/pageviews/Article_{number % ARTICLES}/2023/11")

    def keep_asking(self):
        """Who was told to come back does so; 200 would be an answer that nobody gave."""
        while self.asking:
            time.sleep(PAUSE_SECONDS)
            for number, connection in enumerate(self.connections):
                if select.select([connection.sock], [], [], 0)[0]:
                    answer = connection.getresponse()
                    answer.read()
                    self.wrong += answer.status != 503
                    self.ask(number, connection)

    def __exit__(self, *_):
        self.asking = False
        self.thread.join()
        for connection in self.connections:
            connection.close()


def check(clients, port):
    """The calls hang, and no client was given a count."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/metrics")
    page = connection.getresponse().read().decode()
    connection.close()
    if f"slipway_page_views_upstream_calls {ARTICLES}\n" not in page or clients.wrong:
        raise load.Invalid(f"page views do not hang: {clients.wrong} were answered")
