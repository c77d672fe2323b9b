#!/usr/bin/env python3
"""The source of page views for scripts: a server on loopback that answers as the Wikimedia
Analytics API does, or goes wrong as told.

usage: upstream_double.py [--port PORT] [--behaviour NAME] [--delay SECONDS]

Prints the value for PAGEVIEWS_BASE_URL and a line end once it listens; ends with SIGTERM. Knows the
counts below and answers 404 to everything else. A title that is the name of a behaviour with a
capital, such as `Hang`, brings that behaviour about whatever is the rule for the others.

behaviours:
  right      answers
  slow       answers after --delay seconds
  hang       never answers
  busy       429 with Retry-After: 2
  fail       500
  truncated  closes amid the body
  oversize   a body of more than 64 KiB
  garbage    a body that is no JSON
  later      the count of the month after
  null       null in place of a count
  redirect   302
  html       HTML
"""

import argparse
import http.server
import json
import signal
import sys
import threading
import time

BASE = "/api/rest_v1/metrics/pageviews"
COUNTS = {
    ("Foobar", "202311"): 14510,
    ("Foobar", "202302"): 17887,
    ("Kubernetes", "202311"): 54066,
    ("2023", "202311"): 593627,
    ("AC%2FDC", "202311"): 101,
}
BEHAVIOURS = [line.split()[0] for line in __doc__.split("behaviours:\n")[1].splitlines() if line]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    behaviour, delay = "right", 1.0
    stopping = threading.Event()

    def do_GET(self):
        parts = self.path.removeprefix(BASE).split("/")
        if not self.path.startswith(BASE + "/per-article/") or len(parts) != 9:
            return self.send(404, b'{"type":"not_found"}')
        _, _, project, access, agent, title, granularity, start, end = parts
        named = title.lower() if title.capitalize() == title else ""
        behaviour = named if named in BEHAVIOURS else self.behaviour
        month = start[:6]
        count = COUNTS.get((title, month))
        if named in BEHAVIOURS:
            count = 1
        item = {
            "project": project, "article": title, "granularity": granularity,
            "timestamp": month + "0100", "access": access, "agent": agent, "views": count}
        whole = granularity == "monthly" and start == month + "01" and end[:6] == month
        getattr(self, behaviour)(item if whole and count is not None else None)

    def right(self, item):
        if item is None:
            self.send(404, b'{"type":"not_found","title":"Not found."}')
        else:
            self.send(200, json.dumps({"items": [item]}).encode())

    def slow(self, item):
        time.sleep(self.delay)
        self.right(item)

    def hang(self, item):
        self.stopping.wait()
        self.close_connection = True

    def busy(self, item):
        self.send(429, b"{}", ("Retry-After", "2"))

    def fail(self, item):
        self.send(500, b'{"type":"internal_error"}')

    def truncated(self, item):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"items":[')
        self.close_connection = True

    def oversize(self, item):
        self.send(200, b'{"items":[' + b" " * 70_000 + b"]}")

    def garbage(self, item):
        self.send(200, b'{"items":[}\xff')

    def later(self, item):
        year, month = divmod(int(item["timestamp"][:6]) if item else 202311, 100)
        following = year * 100 + month + 1 if month < 12 else (year + 1) * 100 + 1
        self.right({"timestamp": f"{following}0100", "views": 1})

    def null(self, item):
        self.right(item and {**item, "views": None})

    def redirect(self, item):
        self.send(302, b"", ("Location", BASE + "/elsewhere"))

    def html(self, item):
        self.send(200, b"<html></html>", kind="text/html")

    def send(self, status, body, *headers, kind="application/json; charset=utf-8"):
        self.send_response(status)
        for header in [("Content-Type", kind), ("Content-Length", str(len(body))), *headers]:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # a client that left


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--behaviour", choices=BEHAVIOURS, default="right")
    parser.add_argument("--delay", type=float, default=1.0)
    parser.add_argument("-h", "--help", action="store_true")
    options = parser.parse_args()
    if options.help:
        print(__doc__)
        return
    Handler.behaviour, Handler.delay = options.behaviour, options.delay
    server = Server(("127.0.0.1", options.port), Handler)

    def stop(*_):
        Handler.stopping.set()
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"http://127.0.0.1:{server.server_port}{BASE}", flush=True)
    server.serve_forever()


sys.exit(main())
