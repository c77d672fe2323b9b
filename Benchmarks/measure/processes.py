"""Servers under measurement: started here, ended here, by their process id."""

import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 10
PR_SET_PDEATHSIG = 1


class Unavailable(Exception):
    """A peer that this machine cannot run: its cells stay empty, the rest is measured."""


class Bench:
    """A temporary folder and the processes in it; leaving the context ends both."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-bench-"))
        self.folder.chmod(0o755)  # PostgreSQL runs as another user when we are root
        self.running = []
        self.endings = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in reversed(self.endings):
            end()
        for process in reversed(self.running):
            stop(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name, argv, environment=None, folder=None):
        """Errors go to a file that is shown when the start fails; standard output is dropped."""
        log = self.folder / f"{name}-{len(self.running)}.log"
        with open(log, "wb") as errors:
            process = subprocess.Popen(
                [str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=errors, env={**clean_environment(), **(environment or {})},
                cwd=folder or self.folder, preexec_fn=_end_with_parent)
        process.log = log
        self.running.append(process)
        return process

    def stop(self, process):
        stop(process)
        self.running.remove(process)


def clean_environment():
    """What a server must not inherit from the shell that measures it is left out."""
    kept = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def stop(process):
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        for pid in reversed(tree(process.pid)):
            os.kill(pid, signal.SIGKILL)
        process.wait()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def first_200(port, path, process=None, begun=None):
    """Asks until the answer is 200; the seconds that took since `begun`, or since now."""
    begun = time.perf_counter() if begun is None else begun
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    while time.perf_counter() - begun < START_SECONDS_MAX:
        try:
            with socket.create_connection(("127.0.0.1", port), 2) as s:
                s.sendall(request)
                if b" 200 " in s.recv(64):
                    return time.perf_counter() - begun
        except OSError:
            pass
        if process is not None and process.poll() is not None:
            raise Unavailable(f"it ended at start: {process.log.read_text()[-500:].strip()}")
        time.sleep(0.0005)
    raise Unavailable(f"no 200 from {path} within {START_SECONDS_MAX} s")


def tree(pid):
    """The process and all its descendants, parents first."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for parent in found:
        found += parents.get(parent, [])
    return found


def processor_seconds(pid):
    """Processor time of the whole tree so far, user and system together. See proc(5)."""
    ticks = 0
    for member in tree(pid):
        fields = pathlib.Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def proportional_bytes(pid):
    """Proportional set size of the whole tree: shared pages count in part. See proc(5)."""
    total = 0
    for member in tree(pid):
        for line in pathlib.Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total
