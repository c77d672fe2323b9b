"""What stands between a client and a store: faults, and the face of Google Cloud Storage.

    between.py PORT UPSTREAM_PORT [--google TOKEN CREDENTIALS_FILE]

`PUT /-/faults` with a JSON array says what happens to requests; `GET /-/requests` gives the method,
target and headers of all so far. A fault is an object:

    method, holds    which requests: the method, and a text that the target holds; any by default
    count            how many of them; 1 by default
    skip             how many of them pass by before that; none by default
    fault            status (with status, code, headers), lost (carried out and not answered), cut
                     (after `bytes` of the answer), drip (a byte of the answer every 50 ms), delay
                     (`seconds` before it is carried out), refuse (closed at once), body (a byte of
                     the request's body is changed), signature (a byte of the signature is)

With --google, requests need that bearer's token and are signed for the store behind; what is made
conditional by a generation is made so by a tag. Ends with its standard input.
"""

import http.client
import json
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ERROR = '<?xml version="1.0"?>\n<Error><Code>{}</Code><Message>on purpose</Message></Error>'


class Shared:
    lock = threading.Lock()
    faults = []
    requests = []
    upstream = 0
    token = None
    credentials = None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.path == "/-/faults":
            with Shared.lock:
                Shared.faults = json.loads(body)
            return self.answer(200, [], b"")
        if self.path == "/-/requests":
            with Shared.lock:
                return self.answer(200, [], json.dumps(Shared.requests).encode())
        fault = self.take_fault()
        kind = fault.get("fault")
        headers = list(self.headers.items())
        if kind == "refuse":
            return self.drop()
        if kind == "delay":
            time.sleep(fault["seconds"])
        if kind == "status":
            text = ERROR.format(fault.get("code", "InternalError")).encode()
            return self.answer(fault["status"], list(fault.get("headers", {}).items()), text)
        if kind == "body":
            body = body[:-1] + bytes([body[-1] ^ 1])
        if kind == "signature":
            headers = [(n, self.spoilt(v) if n == "Authorization" else v) for n, v in headers]
        if Shared.token:
            if self.headers.get("Authorization") != "Bearer " + Shared.token:
                text = ERROR.format("AuthenticationRequired").encode()
                return self.answer(401, [], text)
            headers = self.signed(headers, body)
        status, answered, content = self.ask(headers, body)
        if kind == "lost":
            return self.drop()
        self.answer(status, answered, content, fault)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    def take_fault(self):
        with Shared.lock:
            Shared.requests.append(
                {"method": self.command, "target": self.path, "headers": dict(self.headers)}
            )
            for fault in Shared.faults:
                if fault.get("method", self.command) != self.command:
                    continue
                if fault.get("holds", "") not in self.path or fault.get("count", 1) == 0:
                    continue
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                    continue
                fault["count"] = fault.get("count", 1) - 1
                return dict(fault)
        return {}

    @staticmethod
    def spoilt(value):
        return value[:-1] + ("0" if value[-1] != "0" else "1")

    def signed(self, headers, body):
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        url = f"http://{self.headers['Host']}{self.path}"
        request = AWSRequest(method=self.command, url=url, data=body)
        for name, value in headers:
            if name.lower() == "x-goog-if-generation-match":
                request.headers["If-None-Match"] = "*"
            elif name.lower() in ("content-md5", "range", "content-type"):
                request.headers[name] = value
        S3SigV4Auth(Credentials(*Shared.credentials), "s3", "us-east-1").add_auth(request)
        return [("Host", self.headers["Host"])] + list(request.headers.items())

    def ask(self, headers, body):
        connection = http.client.HTTPConnection("127.0.0.1", Shared.upstream, timeout=60)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            if name.lower() not in ("connection", "content-length"):
                connection.putheader(name, value)
        if body or self.command in ("PUT", "POST"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        kept = [
            (n, v) for n, v in answer.getheaders()
            if n.lower() not in ("connection", "transfer-encoding", "keep-alive", "server")
        ]
        connection.close()
        return answer.status, kept, content

    def answer(self, status, headers, content, fault=None):
        fault = fault or {}
        names = {name.lower() for name, _ in headers}
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if "date" not in names:
            self.send_header("Date", self.date_time_string())
        if "content-length" not in names:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault.get("fault") == "cut":
            self.wfile.write(content[: fault["bytes"]])
            return self.drop()
        if fault.get("fault") == "drip":
            for byte in content:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.05)
            return
        self.wfile.write(content)

    def drop(self):
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)


def main():
    port, Shared.upstream = int(sys.argv[1]), int(sys.argv[2])
    if "--google" in sys.argv:
        place = sys.argv.index("--google")
        Shared.token = sys.argv[place + 1]
        with open(sys.argv[place + 2], encoding="utf-8") as file:
            Shared.credentials = file.read().split()
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    # Nobody reads on: a full pipe would stop the server.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.stdin.read()


main()
