"""What stands between a client and a store: faults, and the face of Google Cloud Storage.

    between.py PORT UPSTREAM_PORT [[--google TOKEN] CREDENTIALS_FILE]

`PUT /-/faults` with a JSON array says what happens to requests, and GET gives them with how many
each has `hit`; `GET /-/requests` gives the method,
target and headers of all so far, and DELETE forgets them. A fault is an object:

    method, holds    which requests: the method, and a text that the target holds; any by default
    count            how many of them; 1 by default
    skip             how many of them pass by before that; none by default
    each             true for one of each method and target in place of `count`
    fault            status (with status, code, headers; carried out before that where `done` is
                     true), lost (carried out and not answered), cut
                     (after `bytes` of the answer), drip (a byte of the answer every 50 ms, or
                     every `seconds`), delay (`seconds` before it is carried out), refuse (closed
                     at once), body (a byte of the request's body is changed), signature (a byte of
                     the signature is), answer (a byte of the answer's body is), half (closed after
                     `bytes` of the request's body), away (all is closed at once, for `seconds`
                     from the first on whose target holds `after`), hold (not answered for
                     `seconds`, and then closed; carried out before that where `done` is true)

Where a fault is called `skew`, all requests whose moment differs by more than 15 minutes from a
clock that is `seconds` ahead are refused, and that clock is in all answers. `GET /-/credentials`
lends a key as an agent for containers does, with another token each time, which begin anew with
other faults; `stale` refuses what was signed with one of the first `tokens`.

With --google, requests need that bearer's token, or a signature by the key in CREDENTIALS_FILE as
Google has them, and are signed anew for the store behind; what is made conditional by a generation
is made so by a tag. One signed as Amazon has it goes through as it is. None may have headers of
both. Ends with its standard input.
"""

import datetime
import email.utils
import http.client
import json
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import goog4

ERROR = '<?xml version="1.0"?>\n<Error><Code>{}</Code><Message>on purpose</Message></Error>'


class Shared:
    lock = threading.Lock()
    faults = []
    requests = []
    upstream = 0
    token = None
    credentials = None
    lent = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        if self.path.startswith("/-/"):
            return self.control(self.rfile.read(length))
        fault = self.take_fault()
        kind = fault.get("fault")
        if kind == "half":
            self.rfile.read(min(length, fault["bytes"]))
            return self.drop()
        body = self.rfile.read(length)
        headers = list(self.headers.items())
        if kind in ("refuse", "away"):
            return self.drop()
        if kind == "delay":
            time.sleep(fault["seconds"])
        if refusal := self.refusal():
            return self.answer(*refusal)
        if kind == "hold":
            if fault.get("done"):
                self.ask(headers, body)
            time.sleep(fault["seconds"])
            return self.drop()
        if kind == "status":
            if fault.get("done"):
                self.ask(headers, body)
            text = ERROR.format(fault.get("code", "InternalError")).encode()
            return self.answer(fault["status"], list(fault.get("headers", {}).items()), text)
        if kind == "body":
            body = body[:-1] + bytes([body[-1] ^ 1])
        if kind == "signature":
            headers = [(n, self.spoilt(v) if n == "Authorization" else v) for n, v in headers]
        if Shared.token:
            if stranger := self.stranger(headers, body):
                status, code = stranger
                return self.answer(status, [], ERROR.format(code).encode())
            if not self.headers["Authorization"].startswith("AWS4-"):
                headers = self.signed(headers, body)
        elif "x-amz-security-token" in self.headers:
            # The store behind knows no lent keys.
            headers = self.signed(headers, body)
        status, answered, content = self.ask(headers, body)
        if kind == "lost":
            return self.drop()
        if kind == "answer" and content:
            content = content[:-1] + bytes([content[-1] ^ 1])
        self.answer(status, answered, content, fault)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    def control(self, body):
        answer = b""
        with Shared.lock:
            if self.path == "/-/faults" and self.command == "GET":
                answer = json.dumps(Shared.faults).encode()
            elif self.path == "/-/faults":
                Shared.faults = [{**fault, "hit": 0} for fault in json.loads(body)]
                Shared.lent = 0
            elif self.path == "/-/requests":
                answer = json.dumps(Shared.requests).encode()
                if self.command == "DELETE":
                    Shared.requests = []
            elif self.path == "/-/credentials":
                Shared.lent += 1
                soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
                key, secret = Shared.credentials
                answer = json.dumps({
                    "AccessKeyId": key, "SecretAccessKey": secret,
                    "Token": f"token-{Shared.lent}", "Expiration": f"{soon:%Y-%m-%dT%H:%M:%SZ}",
                }).encode()
        self.answer(200, [], answer)

    @staticmethod
    def lasting(kind):
        """The fault of that kind that is not of single requests, if there is one."""
        with Shared.lock:
            return next((f for f in Shared.faults if f["fault"] == kind), None)

    def refusal(self):
        """What a clock or a token of long ago is answered."""
        if skew := self.lasting("skew"):
            stamp = self.headers.get("x-amz-date") or self.headers["x-goog-date"]
            moment = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%S%z")
            ahead = time.time() + skew["seconds"] - moment.timestamp()
            if abs(ahead) > 900:
                skew["hit"] += 1
                return 403, [], ERROR.format("RequestTimeTooSkewed").encode()
        if stale := self.lasting("stale"):
            token = self.headers.get("x-amz-security-token") or "token-0"
            if int(token.partition("-")[2]) <= stale["tokens"]:
                stale["hit"] += 1
                return 400, [], ERROR.format("ExpiredToken").encode()
        return None

    def stranger(self, headers, body):
        """Status and code of what Google answers to whom it does not know; None to others."""
        families = {name.lower()[:6] for name, _ in headers}
        if {"x-amz-", "x-goog"} <= families:
            return 400, "ExcessHeaderValues"
        proof = self.headers.get("Authorization") or ""
        if proof.startswith("GOOG4-"):
            return goog4.problem(self.command, self.path, headers, body, *Shared.credentials)
        if proof.startswith("AWS4-") or proof == "Bearer " + Shared.token:
            return None
        return 401, "AuthenticationRequired"

    def take_fault(self):
        with Shared.lock:
            Shared.requests.append(
                {"method": self.command, "target": self.path, "headers": dict(self.headers)}
            )
            for fault in Shared.faults:
                if fault.get("method", self.command) != self.command:
                    continue
                if fault["fault"] in ("skew", "stale"):
                    continue
                if fault["fault"] == "away":
                    begins = fault["after"] in self.path
                    if not begins and "until" not in fault:
                        continue
                    if time.time() < fault.setdefault("until", time.time() + fault["seconds"]):
                        fault["hit"] += 1
                        return dict(fault)
                    continue
                if fault.get("holds", "") not in self.path or fault.get("count", 1) == 0:
                    continue
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                    continue
                if fault.get("each"):
                    seen = fault.setdefault("seen", [])
                    if [self.command, self.path] in seen:
                        continue
                    seen.append([self.command, self.path])
                    fault["hit"] += 1
                    return dict(fault)
                fault["hit"] += 1
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
            elif name.lower() in ("content-md5", "range", "content-type", "if-none-match"):
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
        if skew := self.lasting("skew"):
            headers = [(n, v) for n, v in headers if n.lower() != "date"]
            moment = email.utils.formatdate(time.time() + skew["seconds"], usegmt=True)
            headers.append(("Date", moment))
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
                time.sleep(fault.get("seconds", 0.05))
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
    if len(sys.argv) > 3:
        with open(sys.argv[-1], encoding="utf-8") as file:
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
