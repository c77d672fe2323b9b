"""Connections to ports of pods: the subresource `portforward` over WebSocket, as kubelets serve it.

Messages begin with a channel, 0 for bytes and 1 for what is wrong, and the first of each channel is
the port. A pod that does not listen is told of on channel 1; one that goes closes in good order; a
server that goes down just cuts.
"""

import base64
import hashlib
import socket
import struct

import traffic

PROTOCOL = "v4.channel.k8s.io"
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Cut(Exception):
    """The client is gone."""


class Forward:
    """One connection, until one side ends it."""

    def __init__(self, api, target):
        self.api, self.target = api, target
        self.socket = api.connection
        self.port = int(api.query.get("ports") or 0)
        self.buffer, self.asked = b"", b""

    def run(self):
        key = self.api.headers.get("Sec-WebSocket-Key", "")
        accept = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()
        self.api.close_connection = True
        self.socket.sendall((
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {PROTOCOL}\r\n\r\n"
        ).encode())
        for channel in (0, 1):
            self.send(bytes([channel]) + struct.pack("<H", self.port))
        if not traffic.listens(self.pod(), self.port):
            self.send(b"\1" + (
                f"error forwarding port {self.port} to pod {self.target.name}: failed to connect to"
                f" localhost:{self.port}: dial tcp4 127.0.0.1:{self.port}: connect: connection"
                " refused").encode())
            return self.send(struct.pack(">H", 1000), 8)
        self.socket.settimeout(0.05)
        try:
            while True:
                self.serve()
        except Cut:
            pass

    def pod(self):
        return self.api.store.get(self.target.kind, self.target.namespace, self.target.name)

    def serve(self):
        """Takes what comes, and answers where a request is whole."""
        try:
            part = self.socket.recv(65536)
            if not part:
                raise Cut
            self.buffer += part
        except socket.timeout:
            pass
        if self.api.cluster.faults.is_silent():
            return
        for kind, payload in self.frames():
            if kind == 8:
                raise Cut
            if kind == 9:
                self.send(payload, 10)
            if kind in (1, 2) and payload[:1] == b"\0":
                self.asked += payload[1:]
        pod = self.pod()
        if not traffic.listens(pod, self.port):
            # Time may run faster here than for whoever asks: what it asked too late is not lost.
            if not self.asked:
                self.send(struct.pack(">H", 1000), 8)
            raise Cut
        if b"\r\n\r\n" in self.asked:
            self.asked = b""
            code, text, headers = traffic.answer_of(pod["spec"]["containers"][0])
            lines = [f"HTTP/1.1 {code} -", f"Content-Length: {len(text)}"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            if traffic.leaves(pod):
                lines.append("Connection: close")
            self.send(b"\0" + ("\r\n".join(lines) + "\r\n\r\n" + text).encode())

    def frames(self):
        while len(self.buffer) >= 6:
            length, start = self.buffer[1] & 0x7f, 2
            if length == 126:
                length, start = struct.unpack(">H", self.buffer[2:4])[0], 4
            end = start + 4 + length
            if len(self.buffer) < end:
                return
            mask, masked = self.buffer[start:start + 4], self.buffer[start + 4:end]
            kind, self.buffer = self.buffer[0] & 15, self.buffer[end:]
            yield kind, bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked))

    def send(self, payload, kind=2):
        length = len(payload)
        head = bytes([0x80 | kind, length]) if length < 126 else \
            bytes([0x80 | kind, 126]) + struct.pack(">H", length)
        self.socket.sendall(head + payload)
