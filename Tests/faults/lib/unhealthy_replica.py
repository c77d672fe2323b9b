"""A replica that speaks the control protocol, is ready at once, and serves badly.

Usage: unhealthy_replica.py STATUS DELAY, with CONTROL_SOCKET, ADMIN_SOCKET, REVISION and LISTEN_FDS
as the supervisor gives them.
"""
import json
import os
import signal
import socket
import sys
import threading
import time

status, delay = int(sys.argv[1]), float(sys.argv[2])
state = "ready"


def serve(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def answer(connection):
    with connection:
        while connection.recv(65536):
            time.sleep(delay)
            head = (
                f"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n"
                f"X-Revision: {os.environ['REVISION']}\r\n\r\n"
            )
            connection.sendall(head.encode())


def listen(path, kind):
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, kind)
    listener.bind(path)
    listener.listen(64)
    return listener


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
threading.Thread(
    target=serve, args=(listen(os.environ["ADMIN_SOCKET"], socket.SOCK_STREAM),), daemon=True
).start()
control = listen(os.environ["CONTROL_SOCKET"], socket.SOCK_SEQPACKET)
print("the unhealthy replica is ready", flush=True)
while True:
    connection, _ = control.accept()
    with connection:
        request = json.loads(connection.recv(65536) or b"{}")
        if request.get("do") == "accept" and state == "ready":
            state = "accepting"
            public = socket.socket(fileno=3)
            public.setblocking(True)
            threading.Thread(target=serve, args=(public,), daemon=True).start()
        reply = {"result": {"state": state, "pid": os.getpid(), "problem": None}}
        connection.send(json.dumps(reply).encode())
