#!/usr/bin/python3
"""Stands in for a replica: speaks its control protocol and serves nobody.

The variable READY_AFTER is how often it says that it is starting before it says that it is ready;
STAYS makes it ignore a request to end.
"""
import json
import os
import signal
import socket
import sys

LIFETIME_MAX_SECONDS = 180
MESSAGE_BYTES_MAX = 128 * 1024
LISTENER = 3

# Whatever becomes of the test, its replicas end.
signal.alarm(LIFETIME_MAX_SECONDS)
if "STAYS" in os.environ:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))

assert sys.argv[1:] == ["serve"] and os.environ["LISTEN_FDS"] == "1"
path = os.environ["CONTROL_SOCKET"]
starting = int(os.environ.get("READY_AFTER", "0"))
state = "starting"
service = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
service.bind(path)
service.listen(16)
print("listening as", os.environ["REVISION"], flush=True)
while True:
    connection, _ = service.accept()
    with connection:
        request = connection.recv(MESSAGE_BYTES_MAX)
        if not request:
            continue
        wanted = json.loads(request)["do"]
        if state == "starting":
            starting -= 1
            if starting < 0:
                state = "ready"
        if wanted == "accept":
            state = "accepting"
        reply = json.dumps({"result": {"state": state}}).encode()
        passed = [LISTENER] if wanted == "listener" else []
        try:
            socket.send_fds(connection, [reply], passed)
        except OSError:
            pass
