"""Rows 1 to 3: requests a second, each round asking every server once."""

import urllib.request
from statistics import median

from . import databases, load, peers, tables
from .processes import Unavailable


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


def asking(server, path, script=None):
    return lambda seconds: load.wrk(server.url(path), script, seconds)


def compare(title, samples, unit, goals, notes):
    """A table of the first of `samples` against each of the others."""
    first, *others = samples
    rows = [[first, tables.spread(samples[first]), "", ""]]
    for name in others:
        quotients = tables.ratios(samples[first], samples[name])
        goal = goals.get(name)
        judged = tables.verdict(f"≥ {goal}", median(quotients) >= goal) if goal else ""
        rows.append([name, tables.spread(samples[name]), tables.spread(quotients), judged])
    return tables.table(title, ["", unit, f"{first} / it", "goal"], rows, notes)


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
    samples = alternating({server.name: asking(server, "/livez") for server in servers})
    return compare(
        f"1. GET /livez, {load.CONNECTIONS} keep-alive connections", samples, "requests/s",
        {"nginx": 0.9, "Hummingbird 2": 3, "Flask + gunicorn": 25}, notes)


def postgres(bench):
    """Row 2: the service's own port of the route that MEASURE.md names is birthdays for now."""
    notes = []
    server = databases.Postgres(bench)
    server.fill()
    script = load.hello_script(bench)
    servers = [peers.app(bench, server.url)] + available(
        {"Flask": lambda: peers.flask(bench, server.url)}, notes)
    for one in servers:
        check_hello(one)
    measures = {one.name: asking(one, "/hello/x", script) for one in servers}
    measures["pgbench -S"] = lambda seconds: load.pgbench(server, seconds)
    return compare(
        "2. GET /hello/{name}, PostgreSQL, all middleware", alternating(measures),
        "requests or transactions/s", {"pgbench -S": 0.6, "Flask + gunicorn": 15}, notes)


def sqlite(bench):
    """Row 3."""
    server = peers.app(bench, databases.sqlite(bench))
    check_hello(server)
    samples = alternating(
        {
            "/hello/{name}": asking(server, "/hello/x", load.hello_script(bench)),
            "/livez": asking(server, "/livez"),
        })
    return compare(
        "3. GET /hello/{name}, SQLite", samples, "requests/s", {"/livez": 0.7}, [])


def randomizes(bench):
    """Row 4."""
    database = databases.Postgres(bench)
    databases.migrate(database.url)
    server = peers.app(bench, database.url, "/readyz")
    post, inserts = load.randomize_script(bench), load.inserts_script(bench)
    samples = alternating(
        {
            "app": asking(server, "/api/randomizes", post),
            "pgbench, two inserts": lambda seconds: load.pgbench(database, seconds, inserts),
        })
    lost = load.metric(server.url("/metrics"), "slipway_audit_dropped_total")
    return compare(
        "4. POST /api/randomizes with its audit history, PostgreSQL", samples,
        "requests or transactions/s", {"pgbench, two inserts": 0.6},
        [f"Requests without a row in the history: {lost:,.0f}."])


def check_hello(server):
    """The route answers what it should before its speed means anything."""
    name = databases.username(databases.ROWS - 1)
    with urllib.request.urlopen(server.url(f"/hello/{name}"), timeout=5) as answer:
        body = answer.read().decode()
    if not body.replace(" ", "").startswith('{"message":"Hello,' + name):
        raise load.Invalid(f"{server.name} answers {body[:100]!r}")
