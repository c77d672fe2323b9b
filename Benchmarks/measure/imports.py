"""Row 7: a million people from a CSV file, against psql and the server's own casts."""

import os
import pathlib
import random
import subprocess
import time
from statistics import median

from . import databases, load, peers, tables

ROWS = int(os.environ.get("BENCH_IMPORT_ROWS", "1000000"))
ROUNDS = int(os.environ.get("BENCH_IMPORT_ROUNDS", load.ROUNDS))
SPEED_MIN, MEMORY_MIB_MAX = 0.8, 64
HEADER = "Survived,Pclass,Name,Sex,Age,Siblings/Spouses Aboard,Parents/Children Aboard,Fare"
MIB = 1024

# What somebody does who has the file, psql and no program of their own.
BY_HAND = r"""
BEGIN;
CREATE TEMP TABLE stage (
  survived text, class text, name text, sex text, age text, siblings text, parents text, fare text
) ON COMMIT DROP;
\copy stage FROM '{file}' WITH (FORMAT csv, HEADER true)
INSERT INTO people (
  uuid, survived, passenger_class, name, sex, age, siblings_or_spouses_aboard,
  parents_or_children_aboard, fare, created_at, updated_at)
SELECT gen_random_uuid(), survived::integer = 1, class::integer, name, sex,
  trunc(age::numeric)::integer, siblings::integer, parents::integer, fare::double precision,
  now(), now()
FROM stage;
COMMIT;
"""


def measure(bench):
    server = databases.Postgres(bench)
    databases.migrate(server.url)
    file = bench.folder / "people.csv"
    write(file)
    script = bench.folder / "import.sql"
    script.write_text(BY_HAND.format(file=file))
    app = [peers.program("app"), "import", "people", str(file)]
    psql = [
        server.tools / "psql", *server.address, "-qXv", "ON_ERROR_STOP=1", "-f", script, "postgres"]
    measures = {
        "app import people": lambda: run(server, app, {"DATABASE_URL": server.url}),
        "psql \\copy, INSERT ... SELECT": lambda: run(server, psql, {}),
    }
    samples = {name: [] for name in measures}
    for turn in range(ROUNDS):
        names = list(measures)
        for name in names[turn % 2:] + names[:turn % 2]:
            samples[name].append(measures[name]())
    # With everybody there already: nothing is added, and every row is looked up.
    again = []
    run(server, app, {"DATABASE_URL": server.url})
    for _ in range(ROUNDS):
        again.append(run(server, app, {"DATABASE_URL": server.url}, empty=False))
    return table(samples, again)


def table(samples, again):
    mine, theirs = samples.values()
    speeds = {name: [ROWS / seconds for seconds, _ in taken] for name, taken in samples.items()}
    quotients = tables.ratios(*speeds.values())
    memory = [kib / MIB for _, kib in mine + again]
    goals = "; ".join([
        tables.verdict(f"≥ {SPEED_MIN}", median(quotients) >= SPEED_MIN),
        tables.verdict(f"≤ {MEMORY_MIB_MAX} MiB", max(memory) <= MEMORY_MIB_MAX)])
    names = list(samples)
    rows = [
        [names[0], tables.spread(speeds[names[0]]), "", tables.spread(memory), goals],
        [names[1], tables.spread(speeds[names[1]]), tables.spread(quotients),
         tables.spread([kib / MIB for _, kib in theirs]), ""],
        ["app, everybody there already", tables.spread([ROWS / s for s, _ in again]), "", "", ""]]
    return tables.table(
        f"7. Import of {ROWS:,} people, PostgreSQL",
        ["", "rows/s", "app / it", "peak memory, MiB", "goal"], rows,
        ["The table is emptied and checkpointed before each run; psql's memory is its own alone."])


def run(server, argv, environment, empty=True):
    """Seconds and the peak of resident memory in KiB, of a program that must end well."""
    if empty:
        server.psql("TRUNCATE people")
    server.psql("CHECKPOINT")
    begun = time.perf_counter()
    with open(os.devnull, "wb") as null:
        process = subprocess.Popen(
            [str(word) for word in argv], env={**os.environ, **environment}, stdout=null)
        _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise load.Invalid(f"{pathlib.Path(argv[0]).name} exits {process.returncode}")
    if (found := int(server.psql("SELECT count(*) FROM people"))) != ROWS:
        raise load.Invalid(f"{pathlib.Path(argv[0]).name} left {found} people")
    return taken, usage.ru_maxrss


def write(path):
    """A file of different people, some names quoted, some ages with a fraction."""
    chosen = random.Random(7)
    with open(path, "w", newline="") as file:
        file.write(HEADER + "\n")
        for number in range(ROWS):
            sex = "male" if number % 3 else "female"
            name = f"Person {number} of the Benchmark"
            if number % 16 == 0:
                name = f'"{number}, ""P."" of the Benchmark"'
            age = f"{chosen.randrange(80)}.5" if number % 8 == 0 else chosen.randrange(80)
            file.write(
                f"{number % 2},{1 + number % 3},{name},{sex},{age},{number % 5},{number % 4},"
                f"{chosen.randrange(51200) / 100}\n")
