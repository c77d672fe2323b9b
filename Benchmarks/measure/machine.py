"""What the figures were taken on: without it they mean nothing."""

import os
import platform
import re
import shutil
import subprocess


def describe():
    """Lines of Markdown; a tool that is not installed is left out."""
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*:\s*(.*)", f.read())
    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) / 1024 / 1024
    lines = [
        f"- {os.cpu_count()} cores ({model.group(1).strip() if model else platform.machine()}),"
        f" {memory:.0f} GiB, Linux {platform.release()}{_virtual()}",
        "- " + ", ".join(filter(None, map(_version, TOOLS))),
        f"- load at the start: {' '.join(f'{x:.2f}' for x in os.getloadavg())}"
        + (" (**shared with other work: preliminary**)" if is_shared() else ""),
    ]
    return lines


def is_shared():
    """Whether somebody else was using the processors when the run began."""
    return os.getloadavg()[0] > SHARED_LOAD


# An idle machine shows less; a single busy process shows 1.
SHARED_LOAD = 0.5

TOOLS = {
    "swift": (["swift", "--version"], r"Swift version ([\d.]+)"),
    "nginx": (["nginx", "-v"], r"nginx/([\d.]+)"),
    "gcc": (["gcc", "-dumpfullversion"], r"([\d.]+)"),
    "PostgreSQL": (["psql", "--version"], r"([\d.]+)"),
    "wrk": (["wrk", "-v"], r"wrk \S*?([\d.]+)"),
    "python": (["python3", "--version"], r"([\d.]+)"),
    "kubectl": (["kubectl", "version", "--client"], r"v([\d.]+)"),
    "helm": (["helm", "version", "--short"], r"v([\d.]+)"),
}


def _version(name):
    argv, pattern = TOOLS[name]
    if not shutil.which(argv[0]):
        return None
    done = subprocess.run(argv, capture_output=True, text=True)
    found = re.search(pattern, done.stdout + done.stderr)
    return f"{name} {found.group(1)}" if found else None


def _virtual():
    with open("/proc/cpuinfo") as f:
        return ", virtual machine" if " hypervisor" in f.read() else ""
