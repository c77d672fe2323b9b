"""Row 6: how long a start takes, and how much memory stays in use."""

import socket
import time
from statistics import median

from . import databases, load, peers, tables
from .processes import Unavailable, first_200, proportional_bytes

CONNECTIONS = 1000
SETTLE_SECONDS = 2
MIB = 1024 * 1024
START_MS_MAX, IDLE_MIB_MAX, BUSY_MIB_MAX = 50, 20, 64


def measure(bench):
    """Starts, asks, counts and ends each server in turn, alone on the machine."""
    database = databases.sqlite(bench)
    starts = {
        "app (/readyz)": lambda: peers.app(bench, database, "/readyz"),
        "Hummingbird 2": lambda: peers.hummingbird(bench),
        "Flask + gunicorn": lambda: peers.flask(bench),
    }
    notes, samples = [], {name: [] for name in starts}
    for _ in range(load.ROUNDS):
        for name in list(samples):
            try:
                samples[name].append(one(bench, starts[name]))
            except Unavailable as reason:
                notes.append(f"{name} was not measured: {reason}")
                del samples[name]
    head = ["", "start to first 200, ms", "idle, MiB", f"{CONNECTIONS:,} connections, MiB", "goal"]
    rows = []
    for name, taken in samples.items():
        columns = list(zip(*taken))
        rows.append([name, *map(tables.spread, columns), goals(columns) if not rows else ""])
    mine = list(zip(*samples["app (/readyz)"]))
    for name in list(samples)[1:]:
        theirs = list(zip(*samples[name]))
        quotients = [tables.spread(tables.ratios(a, b)) for a, b in zip(mine, theirs)]
        rows.append([f"app / {name}", *quotients, ""])
    notes.append("Memory is the proportional set size of all processes of the server.")
    return tables.table("6. Start and memory", head, rows, notes)


def goals(columns):
    maxima = {"ms": START_MS_MAX, "MiB idle": IDLE_MIB_MAX, "MiB busy": BUSY_MIB_MAX}
    return "; ".join(
        tables.verdict(f"≤ {most} {unit}", median(column) <= most)
        for (unit, most), column in zip(maxima.items(), columns))


def one(bench, start):
    server = start()
    try:
        first_200(server.port, "/livez")
        time.sleep(SETTLE_SECONDS)
        idle = proportional_bytes(server.process.pid) / MIB
        connections = hold(server.port)
        time.sleep(SETTLE_SECONDS)
        busy = proportional_bytes(server.process.pid) / MIB
        for connection in connections:
            connection.close()
    finally:
        bench.stop(server.process)
    return server.seconds_to_200 * 1000, idle, busy


def hold(port):
    """Opens the connections and asks once on each: an accepted one alone costs nothing yet."""
    connections = []
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", port), 10)
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        connections.append(connection)
    for connection in connections:
        if b" 200 " not in connection.recv(4096):
            raise load.Invalid("one of 1,000 connections was not answered with 200")
    return connections
