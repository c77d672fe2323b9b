"""A bucket of S3 on loopback that costs as little as a server in Python can.

    bucket.py PORT FOLDER

Objects are files, uploads are folders of parts that become an object by a list of their names. No
signature is looked at and no digest: what is measured against it is who writes. Ends with its
standard input.
"""

import hashlib
import os
import pathlib
import re
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHUNK = 1 << 20
NOTHING = '<Error><Code>NoSuchKey</Code><Message>not there</Message></Error>'


class Objects:
    """Which pieces each object is made of; the pieces are files that nothing changes."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.pieces = {}
        self.uploads = {}
        self.lock = threading.Lock()
        self.count = 0

    def name(self):
        with self.lock:
            self.count += 1
            return self.folder / f"piece-{self.count}"

    def remove(self, key):
        with self.lock:
            gone = self.pieces.pop(key, [])
        for piece, _ in gone:
            piece.unlink(missing_ok=True)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects = None

    def log_message(self, *_):
        pass

    def place(self):
        """The key below the bucket, and the query."""
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        return urllib.parse.unquote(url.path.lstrip("/").partition("/")[2]), query

    def keep(self):
        """Writes the body into a file of its own: the file and its length."""
        left = length = int(self.headers["Content-Length"])
        path = self.objects.name()
        with open(path, "wb") as file:
            while left:
                chunk = self.rfile.read(min(left, CHUNK))
                if not chunk:
                    raise ConnectionError
                file.write(chunk)
                left -= len(chunk)
        return path, length

    def do_PUT(self):
        key, query = self.place()
        piece = self.keep()
        with self.objects.lock:
            if "uploadId" in query:
                self.objects.uploads[query["uploadId"]][int(query["partNumber"])] = piece
            else:
                self.objects.pieces[key] = [piece]
        self.answer(200, headers={"ETag": f'"{hashlib.md5(str(piece[0]).encode()).hexdigest()}"'})

    def do_POST(self):
        key, query = self.place()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "uploads" in query:
            with self.objects.lock:
                self.objects.count += 1
                name = f"upload-{self.objects.count}"
                self.objects.uploads[name] = {}
            return self.answer(
                200, f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId>"
                "</InitiateMultipartUploadResult>")
        numbers = [int(n) for n in re.findall(rb"<PartNumber>(\d+)</PartNumber>", body)]
        with self.objects.lock:
            parts = self.objects.uploads.pop(query["uploadId"])
            self.objects.pieces[key] = [parts[number] for number in numbers]
        return self.answer(
            200, '<CompleteMultipartUploadResult><ETag>"whole"</ETag>'
            "</CompleteMultipartUploadResult>")

    def do_DELETE(self):
        key, query = self.place()
        if "uploadId" in query:
            with self.objects.lock:
                self.objects.uploads.pop(query["uploadId"], None)
        else:
            self.objects.remove(key)
        self.answer(204)

    def do_GET(self):
        key, query = self.place()
        if not key:
            return self.list(query)
        with self.objects.lock:
            pieces = self.objects.pieces.get(key)
        if pieces is None:
            return self.answer(404, NOTHING)
        whole = sum(length for _, length in pieces)
        first, last, status, headers = 0, whole - 1, 200, {"ETag": '"whole"'}
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or ""):
            first, last = int(wanted[1]), min(int(wanted[2] or whole - 1), whole - 1)
            status, headers["Content-Range"] = 206, f"bytes {first}-{last}/{whole}"
        self.head(status, last + 1 - first, headers)
        if self.command == "GET":
            self.send_pieces(pieces, first, last + 1)

    do_HEAD = do_GET

    def send_pieces(self, pieces, first, end):
        begin = 0
        for path, length in pieces:
            low, high = max(first, begin), min(end, begin + length)
            if low < high:
                with open(path, "rb") as file:
                    self.wfile.flush()
                    offset, left = low - begin, high - low
                    while left:
                        sent = os.sendfile(self.connection.fileno(), file.fileno(), offset, left)
                        offset, left = offset + sent, left - sent
            begin += length

    def list(self, query):
        if "uploads" in query:
            return self.answer(200, "<ListMultipartUploadsResult></ListMultipartUploadsResult>")
        with self.objects.lock:
            found = sorted(
                (key, sum(length for _, length in pieces))
                for key, pieces in self.objects.pieces.items()
                if key.startswith(query.get("prefix", "")))
        items = "".join(
            f"<Contents><Key>{key}</Key><Size>{size}</Size></Contents>" for key, size in found)
        return self.answer(200, f"<ListBucketResult>{items}</ListBucketResult>")

    def head(self, status, length, headers):
        self.send_response_only(status)
        self.send_header("Date", self.date_time_string())
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def answer(self, status, text="", headers=None):
        body = text.encode()
        self.head(status, len(body), headers or {})
        if self.command != "HEAD":
            self.wfile.write(body)


def main():
    Handler.objects = Objects(sys.argv[2])
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
