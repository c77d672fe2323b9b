#!/usr/bin/env python3
"""Checks that the open-loop generator counts as failed what failed, and nothing else.

Each case is a small server that behaves in one way; the table says what was expected and counted.
"""

import json
import pathlib
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from measure.peers import compiled  # noqa: E402

RATE, SECONDS = 200, 1
SENT = RATE * SECONDS
OK = b"HTTP/1.1 200 OK\r\nX-Revision: %s\r\nContent-Length: 2\r\n%s\r\nok"


def kept(s, turn):
    s.sendall(OK % (b"ab"[turn % 2 : turn % 2 + 1], b""))
    return True


def announced(s, turn):
    s.sendall(OK % (b"a", b"Connection: close\r\n"))


def idle(s, turn):
    s.sendall(OK % (b"a", b""))
    time.sleep(0.002)


def chunked(s, turn):
    s.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    s.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3")
    time.sleep(0.001)
    s.sendall(b"\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n")
    return True


def until_close(s, turn):
    s.sendall(b"HTTP/1.0 200 OK\r\n\r\nok")


def refusing(s, turn):
    s.sendall(b"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n")
    return True


def dropping(s, turn):
    pass


def truncating(s, turn):
    s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")


def garbling(s, turn):
    s.sendall(b"SSH-2.0-x\r\n\r\n")


def silent(s, turn):
    time.sleep(3)


# What is expected: the one kind of error, or None; every request has the same fate.
CASES = {
    kept: None, announced: None, idle: None, chunked: None, until_close: None,
    refusing: "non_2xx", dropping: "closed_unanswered", truncating: "truncated",
    garbling: "malformed", silent: "timeout",
}


def serve(listener, behave):
    def connection(s):
        turn = 0
        with s:
            while s.recv(4096) and behave(s, turn):
                turn += 1

    while True:
        try:
            s, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=connection, args=(s,), daemon=True).start()


def run(port, *options):
    argv = [
        compiled("openloop", pathlib.Path(__file__).with_name("openloop.c")), "--rate", str(RATE),
        "--seconds", str(SECONDS), "--url", f"http://127.0.0.1:{port}/livez", *options]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def outcome(behave):
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    threading.Thread(target=serve, args=(listener, behave), daemon=True).start()
    figures = run(listener.getsockname()[1], "--expect-revision-not", "b")
    listener.close()
    return figures


def refused():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return run(port)


def is_right(figures, error):
    counted = figures["sent"]
    return (
        counted + figures["skipped"] == SENT
        and figures["ok"] == (0 if error else counted)
        and figures["errors"] == ({error: counted} if error else {})
        and figures["unfinished"] == 0)


def main():
    wrong = 0
    figures = [(case.__name__, outcome(case), error) for case, error in CASES.items()]
    figures.append(("nobody listens", refused(), "refused"))
    for name, got, error in figures:
        right = is_right(got, error)
        wrong += not right
        print(f"{'ok   ' if right else 'WRONG'} {name:15} sent {got['sent']} ok {got['ok']} "
              f"errors {got['errors']} reconnects {got['reconnects']}")
    by_name = {name: got for name, got, _ in figures}
    for name, right in {
        "a forbidden revision is counted": by_name["kept"]["forbidden_revision"] > 0,
        "an announced close is a reconnect": by_name["announced"]["reconnects"]["announced"] > 0,
        "an idle close is a reconnect": by_name["idle"]["reconnects"]["idle"] > 0,
        "an outage is one gap": by_name["nobody listens"]["longest_gap_ms"] > 900 * SECONDS,
    }.items():
        wrong += not right
        print(f"{'ok   ' if right else 'WRONG'} {name}")
    return 1 if wrong else 0


sys.exit(main())
