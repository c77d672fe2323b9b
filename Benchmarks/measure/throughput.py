"""Rows 1 to 3: requests a second, each round asking every server once."""

import json
import urllib.request
from statistics import median

from . import databases, load, peers, tables
from .processes import Unavailable, processor_seconds


def alternating(measures):
    """`ROUNDS` rounds over all of `measures`, the order turning with each: {name: samples}."""
    samples = {name: [] for name in measures}
    for measure in measures.values():
        measure(load.WARM_UP_SECONDS)
    names = list(measures)
    for turn in range(load.ROUNDS):
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            samples[name].append(measures[name](load.SECONDS))
    return samples


def available(starts, notes):
    """The servers that this machine can run; of the others, a note why not."""
    servers = []
    for name, start in starts.items():
        try:
            servers.append(start())
        except Unavailable as reason:
            notes.append(f"{name} was not measured: {reason}")
    return servers


class Asking:
    """Asks one server for one path; notes what each request cost the server's processes."""

    def __init__(self, server, path, script=None):
        self.server, self.url, self.script = server, server.url(path), script
        self.microseconds = []

    def __call__(self, seconds):
        before = processor_seconds(self.server.process.pid)
        rate, count = load.wrk(self.url, self.script, seconds)
        spent = processor_seconds(self.server.process.pid) - before
        self.microseconds.append(spent / count * 1e6)
        return rate


def compare(title, measures, unit, goals, notes):
    """A table of the first of `measures` against each of the others."""
    samples = alternating(measures)
    first, *others = samples
    rows = [[first, tables.spread(samples[first]), cost(measures[first]), "", ""]]
    for name in others:
        quotients = tables.ratios(samples[first], samples[name])
        goal = goals.get(name)
        judged = tables.verdict(f"≥ {goal}", median(quotients) >= goal) if goal else ""
        rows.append(
            [name, tables.spread(samples[name]), cost(measures[name]), tables.spread(quotients),
             judged])
    head = ["", unit, "processor, µs each", f"{first} / it", "goal"]
    return tables.table(title, head, rows, notes)


def cost(measure):
    """Processor time for each request; nothing where it is not known. The warm-up is left out."""
    known = getattr(measure, "microseconds", [])[1:]
    return tables.spread(known) if known else ""


def livez(bench):
    """Row 1."""
    notes = []
    database = databases.sqlite(bench)
    servers = [peers.app(bench, database)] + available(
        {
            "nginx": lambda: peers.nginx(bench),
            "epoll": lambda: peers.epoll(bench),
            "Hummingbird 2": lambda: peers.hummingbird(bench),
            "Flask": lambda: peers.flask(bench),
        }, notes)
    return compare(
        f"1. GET /livez, {load.CONNECTIONS} keep-alive connections",
        {server.name: Asking(server, "/livez") for server in servers}, "requests/s",
        {"nginx": 0.9, "Hummingbird 2": 3, "Flask + gunicorn": 25}, notes)


def postgres(bench):
    """Row 2."""
    notes = []
    server = databases.Postgres(bench)
    server.fill()
    script = load.people_script(bench)
    servers = [peers.app(bench, server.url)] + available(
        {"Flask": lambda: peers.flask(bench, server.url)}, notes)
    for one in servers:
        check_person(one)
    measures = {one.name: Asking(one, "/people/x", script) for one in servers}
    measures["pgbench -S"] = lambda seconds: load.pgbench(server, seconds)
    return compare(
        "2. GET /people/{uuid}, PostgreSQL, all middleware", measures,
        "requests or transactions/s", {"pgbench -S": 0.6, "Flask + gunicorn": 15}, notes)


def sqlite(bench):
    """Row 3."""
    server = peers.app(bench, databases.sqlite(bench))
    check_person(server)
    measures = {
        "/people/{uuid}": Asking(server, "/people/x", load.people_script(bench)),
        "/livez": Asking(server, "/livez"),
    }
    return compare(
        "3. GET /people/{uuid}, SQLite", measures, "requests/s", {"/livez": 0.7}, [])


def randomizes(bench):
    """Row 4."""
    database = databases.Postgres(bench)
    databases.migrate(database.url)
    server = peers.app(bench, database.url, "/readyz")
    post, inserts = load.randomize_script(bench), load.inserts_script(bench)
    measures = {
        "app": Asking(server, "/api/randomizes", post),
        "pgbench, two inserts": lambda seconds: load.pgbench(database, seconds, inserts),
    }
    table = compare(
        "4. POST /api/randomizes with its audit history, PostgreSQL", measures,
        "requests or transactions/s", {"pgbench, two inserts": 0.6}, [])
    lost = load.metric(server.url("/metrics"), "slipway_audit_dropped_total")
    return f"{table}\nRequests without a row in the history: {lost:,.0f}.\n"


def check_person(server):
    """The route answers what it should before its speed means anything."""
    key, *_, fare, _, _ = databases.person(databases.ROWS - 1)
    with urllib.request.urlopen(server.url(f"/people/{key}"), timeout=5) as answer:
        body = json.load(answer)
    if len(body) != 9 or (body["uuid"], body["fare"]) != (key, fare):
        raise load.Invalid(f"{server.name} answers {str(body)[:100]!r}")
