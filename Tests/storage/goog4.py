"""Signatures of Google Cloud Storage, version 4 with an HMAC key, as the one who checks them.

Written from the specification and not from what the tests are for:
https://cloud.google.com/storage/docs/authentication/canonical-requests
https://cloud.google.com/storage/docs/authentication/signatures

    goog4.py < REQUEST

prints the signature of a request, for the examples of Tests/Libraries/ObjectStorage: JSON with
method, target, headers, access, secret and region.
"""

import hashlib
import hmac
import json
import re
import sys
from urllib.parse import quote, unquote

ALGORITHM = "GOOG4-HMAC-SHA256"
FORM = re.compile(
    ALGORITHM + r" Credential=([^/]+)/(\d{8})/([^/]+)/storage/goog4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)


def code(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256)


def signature(method, target, headers, names, secret, region):
    """The signature of a request, of whose `headers`, in lower case, those with `names` count."""
    path, _, query = target.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    encoded = sorted(tuple(quote(unquote(part), safe="~") for part in (n, v)) for n, _, v in pairs)
    lines = [
        method, quote(unquote(path), safe="/~"), "&".join(f"{n}={v}" for n, v in encoded),
        *(f"{name}:{' '.join(headers[name].split())}" for name in names), "", ";".join(names),
        headers.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD"),
    ]
    moment = headers["x-goog-date"]
    scope = f"{moment[:8]}/{region}/storage/goog4_request"
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    key = ("GOOG4" + secret).encode()
    for step in scope.split("/"):
        key = code(key, step).digest()
    return code(key, "\n".join([ALGORITHM, moment, scope, digest])).hexdigest()


def problem(method, target, headers, body, access, secret):
    """Status and code of the answer to a request that is not signed as it should be; else None."""
    headers = {name.lower(): value for name, value in headers}
    form = FORM.fullmatch(headers["authorization"])
    if not form:
        return 400, "AuthorizationHeaderMalformed"
    key, day, region, names, given = form.groups()
    names = names.split(";")
    needed = ["host"] + [name for name in headers if name.startswith("x-goog-")]
    # Google does not ask for the digest among them; we do, for a digest that is not signed proves
    # nothing.
    if names != sorted(set(names)) or not set(needed) <= set(names) <= set(headers):
        return 403, "SignatureDoesNotMatch"
    if not headers.get("x-goog-date", "").startswith(day) or key != access:
        return 403, "InvalidSecurity"
    wanted = signature(method, target, headers, names, secret, region)
    if not hmac.compare_digest(wanted, given):
        return 403, "SignatureDoesNotMatch"
    hashed = headers.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD")
    if hashed not in ("UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()):
        return 400, "BadDigest"
    return None


def main():
    request = json.load(sys.stdin)
    headers = {name.lower(): value for name, value in request["headers"].items()}
    print(signature(
        request["method"], request["target"], headers, sorted(headers), request["secret"],
        request["region"],
    ))


if __name__ == "__main__":
    main()
