"""Clients that misbehave, against a service on 127.0.0.1.

Usage: bad_clients.py PORT PID REQUEST_TIMEOUT INACTIVITY_TIMEOUT BODY_BYTES_MAX, times in seconds.
Prints one line for each case: its name, what is expected and what was seen, with tabs between.
"""
import os
import random
import re
import resource
import select
import socket
import sys
import time

port, pid, timeout, inactivity, body_max = (int(text) for text in sys.argv[1:6])
HEAD = b"Host: localhost\r\n"
patience = timeout + inactivity + 6
idle_count = 5000
aborted_count = 5000
growth_max_mib = 128

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def row(name, expected, seen):
    print(name, expected, seen, sep="\t", flush=True)


def connect():
    client = socket.create_connection(("127.0.0.1", port), timeout=patience)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def receive_all(client):
    """Everything until the server closes; None is appended where it does not."""
    received, deadline = b"", time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            part = client.recv(65536)
        except (ConnectionError, socket.timeout) as error:
            return received, isinstance(error, ConnectionError)
        if not part:
            return received, True
        received += part
    return received, False


def statuses(received):
    return re.findall(rb"HTTP/1\.[01] (\d{3})", received)


def exchange(request):
    """The statuses, and whether the server closed: '400 closed'."""
    with connect() as client:
        try:
            client.sendall(request)
        except ConnectionError:
            pass
        received, closed = receive_all(client)
    # libmicrohttpd 0.9.75 sends the head twice where it refuses a Content-Length by itself.
    words = list(dict.fromkeys(status.decode() for status in statuses(received)))
    return " ".join(words + ["closed" if closed else "open"])


def get(path, headers=b""):
    return b"GET " + path + b" HTTP/1.1\r\n" + HEAD + headers + b"\r\n"


def put(headers, body=b""):
    return (
        b"PUT /hello/alice HTTP/1.1\r\n" + HEAD + b"Content-Type: application/json\r\n"
        + headers + b"\r\n" + body
    )


def ask(path=b"/livez"):
    with connect() as client:
        client.sendall(get(path, b"Connection: close\r\n"))
        received, _ = receive_all(client)
    head, _, body = received.partition(b"\r\n\r\n")
    found = statuses(head)
    return (found[0].decode() if found else "nothing"), body.decode()


def refusals():
    _, page = ask(b"/metrics")
    counts = {}
    for reason, value in re.findall(
        r'^http_server_refusals_total\{[^}]*reason="(\w+)"[^}]*\} (\d+)', page, re.M
    ):
        counts[reason] = counts.get(reason, 0) + int(value)
    return counts


def resident_mib():
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 2**20


def garbage():
    source = random.Random(1)
    unanswered = 0
    for _ in range(300):
        with connect() as client:
            try:
                client.sendall(source.randbytes(source.randint(1, 4096)) + b"\r\n\r\n")
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            received, closed = receive_all(client)
            if not closed or any(status[:1] != b"4" for status in statuses(received)):
                unanswered += 1
    row("garbage, 300 times: not refused", 0, unanswered)
    with connect() as client:
        client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        received, closed = receive_all(client)
        refused = closed and all(status[:1] == b"4" for status in statuses(received))
    row("TLS on a plain port", "refused", "refused" if refused else received[:40])


def smuggling():
    chunk = b"0\r\n\r\n"
    shapes = [
        ("both lengths", put(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunk)),
        ("two lengths", put(b"Content-Length: 2\r\nContent-Length: 3\r\n", b"{}")),
        ("the same length twice", put(b"Content-Length: 2\r\nContent-Length: 2\r\n", b"{}")),
        ("length with a sign", put(b"Content-Length: +2\r\n", b"{}")),
        ("length of letters", put(b"Content-Length: 2x\r\n", b"{}")),
        ("coding of another name", put(b"Transfer-Encoding: xchunked\r\n", chunk)),
        ("coding twice", put(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunk)),
        ("coding identity", put(b"Transfer-Encoding: identity\r\n", b"")),
        ("coding before a tab", put(b"Transfer-Encoding:\x0bchunked\r\n", chunk)),
        ("name before a blank", put(b"Transfer-Encoding : chunked\r\n", chunk)),
        ("folded line", get(b"/livez", b"X-A: b\r\n c\r\n")),
        ("bare line feed", get(b"/livez", b"X-A: b\nX-B: c\r\n")),
        ("NUL in a value", get(b"/livez", b"X-A: b\0c\r\n")),
        ("two hosts", get(b"/livez", b"Host: other\r\n")),
        ("no host", b"GET /livez HTTP/1.1\r\n\r\n"),
        ("control byte in the target", get(b"/li\x01vez")),
        ("escape that is none", get(b"/hello/%zz")),
        ("chunk size of letters", put(b"Transfer-Encoding: chunked\r\n", b"zz\r\n{}\r\n0\r\n\r\n")),
    ]
    # What follows would be answered too by a server that saw two requests in one.
    for name, shape in shapes:
        row(f"smuggling: {name}", "400 closed", exchange(shape + get(b"/livez")))


def limits():
    row("length over the limit", "413 closed",
        exchange(put(b"Content-Length: %d\r\n" % (body_max + 1))))
    row("length beyond counting", "413 closed", exchange(put(b"Content-Length: 9" + b"9" * 30 + b"\r\n")))
    row("target of 10,000 bytes", "414 closed", exchange(get(b"/" + b"a" * 10_000)))
    row("header line of 14,000 bytes", "431 closed", exchange(get(b"/livez", b"X-A: " + b"a" * 14_000 + b"\r\n")))
    row("200 header lines", "431 closed", exchange(get(b"/livez", b"X-A: b\r\n" * 200)))
    started = time.monotonic()
    row("1 MiB header", "4xx closed",
        re.sub(r"^4\d\d", "4xx", exchange(get(b"/livez", b"X-A: " + b"a" * 2**20 + b"\r\n"))))
    with connect() as client:
        client.sendall(put(b"Transfer-Encoding: chunked\r\n"))
        sent, received = 0, b""
        while time.monotonic() < started + 4 * patience and sent < 64 * body_max:
            if select.select([client], [], [], 0)[0]:
                break
            try:
                client.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            except ConnectionError:
                break
            sent += 65536
        received, closed = receive_all(client)
    row("chunks without end", "413", (statuses(received) or [b"nothing"])[0].decode())
    row("  of which were taken", "less than 8 MiB", "less than 8 MiB" if sent < 8 * 2**20 else f"{sent}")


def drip(name, first, rest, expected, limit=timeout):
    """Sends a byte every 0.2 s, for longer than a request may take."""
    started = time.monotonic()
    with connect() as client:
        client.sendall(first)
        client.settimeout(0.2)
        received, closed = b"", False
        while time.monotonic() < started + patience and not closed:
            try:
                client.send(rest)
            except OSError:
                pass
            try:
                part = client.recv(4096)
                closed, received = not part, received + part
            except socket.timeout:
                pass
            except ConnectionError:
                closed = True
    seconds = time.monotonic() - started
    seen = " ".join([s.decode() for s in statuses(received)] + ["closed" if closed else "open"])
    row(name, expected, seen)
    row("  in time", "yes", "yes" if closed and seconds < limit + 3 else f"{seconds:.1f} s")


def slow():
    # A request begins with its line: until there is one, the connection counts as idle.
    drip("slow request line", b"GET /", b"a", "408 closed", inactivity + timeout)
    drip("slow header", b"GET /livez HTTP/1.1\r\nX-A: ", b"a", "408 closed")
    drip("slow body", put(b"Content-Length: 1000\r\n", b"{"), b" ", "408 closed")
    drip("slow chunks", put(b"Transfer-Encoding: chunked\r\n", b""), b"1\r\n \r\n", "408 closed")
    drip("half a body, then nothing", put(b"Content-Length: 1000\r\n", b"{"), b"", "408 closed")
    drip("half a head, then nothing", b"GET /livez HTTP/1.1\r\nHost: loc", b"", "408 closed")


def pipelined():
    requests = get(b"/livez") * 99 + get(b"/livez", b"Connection: close\r\n")
    with connect() as client:
        client.sendall(requests)
        received, closed = receive_all(client)
    found = statuses(received)
    row("100 pipelined requests", "100 of 200, closed",
        f"{found.count(b'200')} of 200, {'closed' if closed else 'open'}")


def aborted():
    source = random.Random(2)
    shapes = [b"", b"GET /li", get(b"/hello/alice"), put(b"Content-Length: 100\r\n", b"{")]
    for _ in range(aborted_count):
        with connect() as client:
            # Closing sends a reset.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.sendall(source.choice(shapes))
    row(f"after {aborted_count} aborted", "200", ask()[0])


def idle():
    before = resident_mib()
    clients = []
    for _ in range(idle_count):
        clients.append(connect())
    row(f"{idle_count} idle: /livez", "50 of 200", f"{sum(ask()[0] == '200' for _ in range(50))} of 200")
    row(f"{idle_count} idle: /hello", "50 of 200",
        f"{sum(ask(b'/hello/alice')[0] == '200' for _ in range(50))} of 200")
    print(f"# resident with {idle_count} idle connections: {before} -> {resident_mib()} MiB", flush=True)
    for client in clients:
        client.close()


def main():
    before = resident_mib()
    counts = refusals()
    row("before: /hello", "200", ask(b"/hello/alice")[0])
    for case in (garbage, smuggling, limits, slow, pipelined, aborted, idle):
        case()
        row(f"after {case.__name__}: /livez", "200", ask()[0])
    after = refusals()
    grown = {reason: after[reason] - counts.get(reason, 0) for reason in after}
    for reason in ("malformed", "headerLine", "host", "contentLength", "transferEncoding",
                   "targetEncoding", "targetBytes", "headerBytes", "bodyBytes", "requestTimeout"):
        row(f"counted: {reason}", "yes", "yes" if grown.get(reason, 0) > 0 else "no")
    now = resident_mib()
    print(f"# resident: {before} -> {now} MiB; open descriptors {len(os.listdir(f'/proc/{pid}/fd'))}")
    row("memory bounded", "yes", "yes" if now - before <= growth_max_mib else f"+{now - before} MiB")


main()
