"""The service and what it is compared with, each started the way its authors deploy it."""

import os
import pathlib
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

from .processes import Unavailable, first_200, free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "Benchmarks"
BUILT = HERE / ".build"
BINARIES = pathlib.Path(os.environ.get("BENCH_BINARIES", ROOT / ".build/release"))
CORES = os.cpu_count() or 1
JSON_15_BYTES = '{"status":"UP"}'
assert len(JSON_15_BYTES) == 15


@dataclass
class Server:
    name: str
    port: int
    process: subprocess.Popen
    seconds_to_200: float

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"


def _serve(bench, name, port, argv, environment=None, path="/livez"):
    begun = time.perf_counter()
    process = bench.start(name.split()[0].lower(), argv, environment)
    return Server(name, port, process, first_200(port, path, process, begun))


def app(bench, database, path="/livez", **environment):
    """The service as it comes: every middleware on, a log line for each request (dropped)."""
    port = free_port()
    variables = {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(port), "DATABASE_URL": database}
    return _serve(bench, "app", port, [BINARIES / "app"], {**variables, **environment}, path)


def nginx(bench):
    """`return 200`, access log off, keep-alive without the limit of 1,000 requests."""
    if not (program := shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")):
        raise Unavailable("nginx is not installed")
    port, folder = free_port(), bench.folder / "nginx"
    folder.mkdir(exist_ok=True)
    folders = "".join(
        f"  {kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off;\nworker_processes {CORES};\npid {folder}/nginx.pid;\n"
        "error_log stderr;\nevents { worker_connections 4096; }\n"
        f"http {{\n  access_log off;\n  keepalive_requests 1000000000;\n{folders}"
        f"  server {{\n    listen 127.0.0.1:{port} backlog=4096;\n"
        "    location = /livez {\n"
        f"      default_type application/json; return 200 '{JSON_15_BYTES}';\n    }}\n"
        "  }\n}\n")
    argv = [program, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]
    return _serve(bench, "nginx", port, argv)


def epoll(bench):
    """The least that a server can do, in C."""
    port = free_port()
    program = compiled("epoll", HERE / "peers/epoll/server.c", "-pthread")
    return _serve(bench, "epoll (C)", port, [program, port, CORES])


def hummingbird(bench):
    port = free_port()
    return _serve(bench, "Hummingbird 2", port, [hummingbird_program(), port])


def flask(bench, database=None):
    """gunicorn's threaded workers: the sync ones close every connection."""
    port = free_port()
    python = virtual_environment()
    environment = {"DATABASE_URL": database} if database else {}
    argv = [
        python.parent / "gunicorn", "--chdir", HERE / "peers/flask", "--bind", f"127.0.0.1:{port}",
        "--workers", 2 * CORES + 1, "--threads", 4, "--keep-alive", 75, "--log-level", "error",
        "--worker-tmp-dir", "/dev/shm", "--backlog", 4096, "peer:app"]
    return _serve(bench, "Flask + gunicorn", port, argv, environment)


def compiled(name, source, *flags):
    """A C program, built when its sources are newer."""
    program = BUILT / name
    newest = max(f.stat().st_mtime for f in source.parent.glob("*.[ch]"))
    if not program.exists() or program.stat().st_mtime < newest:
        BUILT.mkdir(exist_ok=True)
        subprocess.run(["gcc", "-O2", "-o", program, source, *flags], check=True)
    return program


def hummingbird_program():
    """Built once, with its dependencies from the network; the service's package has none."""
    folder = HERE / "peers/hummingbird2"
    program = folder / ".build/release/Peer"
    if not program.exists():
        argv = ["swift", "build", "-c", "release", "--static-swift-stdlib"]
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise Unavailable(f"Hummingbird 2 does not build here: {done.stdout[-300:]}")
    return program


def virtual_environment():
    python = HERE / ".venv/bin/python3"
    requirements = HERE / "peers/flask/requirements.txt"
    stamp = HERE / ".venv/installed"
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        for argv in (
            ["python3", "-m", "venv", HERE / ".venv"],
            [python, "-m", "pip", "install", "--quiet", "-r", requirements],
        ):
            done = subprocess.run(argv, capture_output=True, text=True)
            if done.returncode:
                raise Unavailable(f"Flask cannot be installed here: {done.stderr[-300:]}")
        stamp.write_text(requirements.read_text())
    return python


def build():
    """The release build, so that the figures are of these sources."""
    if "BENCH_BINARIES" not in os.environ:
        argv = ["swift", "build", "-c", "release", "--static-swift-stdlib"]
        if subprocess.run(argv, cwd=ROOT, stdout=sys.stderr).returncode:
            raise SystemExit("run: the release build fails")
    for name in ("app", "ops"):
        program(name)


def program(name):
    """`app` or `ops` of the release build."""
    if not (path := BINARIES / name).exists():
        raise SystemExit(f"run: {path} is missing")
    return path
