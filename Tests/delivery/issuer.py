"""GitHub's endpoint for tokens and the API server of a cluster, for Tests/delivery/kubeconfig.sh.

issuer.py CERTIFICATE KEY: prints both ports. A token lives for 65 s. The API server takes only the
newest, and answers with its audience and its number.
"""

import base64
import json
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

REQUEST_TOKEN = "of-the-request"
issued: list[str] = []


def part(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class Handler(BaseHTTPRequestHandler):
    def answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Issuer(Handler):
    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if self.headers["Authorization"] != f"bearer {REQUEST_TOKEN}":
            self.answer(401, {})
            return
        claims = {"aud": query["audience"][0], "exp": int(time.time()) + 65, "n": len(issued)}
        issued.append(f"{part({'alg': 'RS256'})}.{part(claims)}.c2lnbmVk")
        self.answer(200, {"value": issued[-1]})


class Cluster(Handler):
    def do_GET(self) -> None:
        if not issued or self.headers["Authorization"] != f"Bearer {issued[-1]}":
            self.answer(401, {"kind": "Status", "apiVersion": "v1", "code": 401})
            return
        payload = issued[-1].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        self.answer(200, {"gitVersion": "v1.36.0", "audience": claims["aud"], "n": claims["n"]})


def main() -> None:
    issuer = ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
    cluster = ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    cluster.socket = context.wrap_socket(cluster.socket, server_side=True)
    threading.Thread(target=issuer.serve_forever, daemon=True).start()
    print(issuer.server_port, cluster.server_port, flush=True)
    cluster.serve_forever()


if __name__ == "__main__":
    main()
