"""Databases with the service's schema and 100,000 people."""

import hashlib
import os
import pathlib
import pwd
import shutil
import sqlite3
import subprocess
import uuid

from .peers import program
from .processes import Unavailable, clean_environment, free_port

# As many rows as `pgbench -i -s 1` has accounts.
ROWS = 100_000


def person(number):
    """The columns of somebody; the uuid looks random, so that neighbours lie far apart."""
    key = uuid.UUID(bytes=hashlib.md5(b"%d" % number).digest(), version=4)
    return (
        str(key), number % 2, 1 + number % 3, f"Mr. Benchmark Example {number}",
        ("male", "female", "other")[number % 3], number % 80, number % 4, number % 3,
        number % 500 + 0.25, STAMP, STAMP)


def migrate(url):
    subprocess.run(
        [program("ops"), "migrate", "apply", "--database", url], check=True, capture_output=True)


def sqlite(bench):
    """A migrated SQLite file, filled; its URL."""
    path = bench.folder / "bench.sqlite"
    url = f"sqlite:///{path}"
    migrate(url)
    connection = sqlite3.connect(path)
    with connection:
        connection.executemany(
            f"INSERT INTO people VALUES ({', '.join(11 * '?')})", map(person, range(ROWS)))
        # As the service leaves it after days of work: known to the planner, the log written back.
        connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return url


STAMP = "2026-01-01T00:00:00.000000Z"


class Postgres:
    """A server of our own on a port of its own; `bench` stops it at the end."""

    def __init__(self, bench):
        self.tools = _tools()
        self.port = free_port()
        # initdb refuses root, so as root the server runs as the packaged user.
        self.user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.folder = bench.folder / "postgres"
        self.folder.mkdir()
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.url = f"postgres://{self.user}@127.0.0.1:{self.port}/postgres"
        bench.endings.append(self.stop)
        self._run("initdb", "-D", self.folder / "data", "-U", self.user, "--auth=trust", "-N")
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
            " -c max_connections=100")
        self._run(
            "pg_ctl", "start", "-w", "-D", self.folder / "data", "-l", self.folder / "log", "-o",
            options)

    def stop(self):
        if (self.folder / "data/postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-m", "fast", "-D", self.folder / "data")

    def _run(self, tool, *arguments):
        user = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
        # Output to a file: the server inherits it, and a pipe would stay open as long as it lives.
        with open(self.folder.parent / "postgres-tools.log", "ab") as log:
            done = subprocess.run(
                [self.tools / tool, *arguments], env=clean_environment(), stdout=log, stderr=log,
                cwd=self.folder, **user)
        if done.returncode:
            raise Unavailable(f"{tool} failed: {pathlib.Path(log.name).read_text()[-300:]}")

    def fill(self):
        """The service's table, and pgbench's of the same size."""
        migrate(self.url)
        rows = "".join("\t".join(map(str, person(n))) + "\n" for n in range(ROWS))
        self.psql("COPY people FROM STDIN", rows)
        subprocess.run(
            [self.tools / "pgbench", "-i", "-s", "1", "-q", *self.address, "postgres"], check=True,
            capture_output=True)
        self.psql("VACUUM ANALYZE")

    def psql(self, statement, standard_input=""):
        """Runs a statement; what it gives, without a frame."""
        done = subprocess.run(
            [self.tools / "psql", *self.address, "-qXAtv", "ON_ERROR_STOP=1", "-c", statement,
             "postgres"], input=standard_input, text=True, check=True, capture_output=True)
        return done.stdout.strip()

    @property
    def address(self):
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", self.user]


def _tools():
    for folder in sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    if found := shutil.which("initdb"):
        return pathlib.Path(found).parent
    raise Unavailable("PostgreSQL's server is not installed")
