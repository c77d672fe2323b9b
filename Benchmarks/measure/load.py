"""What makes the load: wrk, pgbench, and the open-loop generator of this folder."""

import json
import os
import random
import re
import signal
import subprocess
import urllib.request

from . import databases
from .peers import HERE, compiled
from .processes import Unavailable

SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
ROUNDS = max(5, int(os.environ.get("BENCH_ROUNDS", "5")))
CONNECTIONS = 64
WARM_UP_SECONDS = 1
# Names asked for at random; enough that neither a cache line nor a page holds them all.
NAMES = 4096
WORD_BODY = '{"word":"slipway"}'


class Invalid(Exception):
    """Answers that were not all 2xx: the rate would count failures as work."""


def wrk(url, script=None, seconds=SECONDS):
    """Requests a second over 64 kept-alive connections from one thread, and how many they were."""
    argv = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--latency"]
    argv += ["-s", str(script)] if script else []
    try:
        done = subprocess.run([*argv, url], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        raise Unavailable("wrk is not installed") from None
    for sign in ("Non-2xx", "Socket errors"):
        if found := re.search(f"{sign}.*", done.stdout):
            raise Invalid(f"{url}: {found.group(0)}")
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", done.stdout).group(1))
    return rate, int(re.search(r"(\d+) requests in", done.stdout).group(1))


def people_script(bench):
    """A wrk script that asks for people at random, each request made beforehand."""
    path = bench.folder / "people.lua"
    chosen = random.Random(1).sample(range(databases.ROWS), NAMES)
    names = ",".join(f'"{databases.person(n)[0]}"' for n in chosen)
    path.write_text(
        f"local names = {{{names}}}\nlocal requests = {{}}\nlocal turn = 0\n"
        "function init(args)\n"
        '  for i, name in ipairs(names) do requests[i] = wrk.format("GET", "/people/" .. name) end\n'
        "end\n"
        "function request()\n"
        "  turn = turn % #requests + 1\n"
        "  return requests[turn]\n"
        "end\n")
    return path


def randomize_script(bench):
    """A wrk script that posts a word."""
    path = bench.folder / "randomize.lua"
    path.write_text(
        'wrk.method = "POST"\n'
        f"wrk.body = '{WORD_BODY}'\n"
        'wrk.headers["Content-Type"] = "application/json"\n')
    return path


def inserts_script(bench):
    """A pgbench script: the row of a randomize, then the row of its history."""
    path = bench.folder / "inserts.sql"
    path.write_text(
        "INSERT INTO randomizes (created, updated, original, jumbled)"
        " VALUES (now(), now(), 'slipway', 'yapslwi') RETURNING id;\n"
        "INSERT INTO histories (created, method, route, data, status)"
        f" VALUES (now(), 'POST', '/api/randomizes', '{WORD_BODY}', '201 Created');\n")
    return path


def pgbench(postgres, seconds=SECONDS, script=None):
    """Transactions a second, over TCP like the service's: single-row selects by primary key, or
    what `script` says."""
    work = ["-f", str(script)] if script else ["-S"]
    argv = [
        postgres.tools / "pgbench", *work, "-M", "prepared", "-c", "8", "-j", "1", "-n", "-T",
        str(max(1, round(seconds))), *postgres.address, "postgres"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return float(re.search(r"tps = ([\d.]+)", done.stdout).group(1))


def metric(url, name):
    """The sum of a metric's samples."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


class OpenLoop:
    """The open-loop generator; `window()` ends a window and returns its figures."""

    def __init__(self, url, rate):
        program = compiled("openloop", HERE / "load/openloop.c")
        self.process = subprocess.Popen(
            [program, "--rate", str(rate), "--url", url, "--until-signal"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.begun = json.loads(self.process.stdout.readline())

    def window(self):
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())

    def end(self):
        """The figures of the whole run, all windows included."""
        self.process.terminate()
        last = self.process.stdout.read().splitlines()[-1]
        self.process.wait()
        return json.loads(last)
