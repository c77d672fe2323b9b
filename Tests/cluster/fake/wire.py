"""The API as it is on the wire: paths, verbs, lists, watches, logs and the object Status."""

import base64
import copy
import http.server
import json
import time
import urllib.parse

import discovery
import forward
import merge
import protobuf
import traffic
from kinds import BY_PATH
from store import Refused, has_fields, matches

BODY_BYTES_MAX = 3 * 1024 * 1024


class Target:
    """What a path names."""

    def __init__(self, path):
        parts = [urllib.parse.unquote(part) for part in path.strip("/").split("/")]
        if parts[0] == "api" and len(parts) > 2:
            group, version, rest = "", parts[1], parts[2:]
        elif parts[0] == "apis" and len(parts) > 3:
            group, version, rest = parts[1], parts[2], parts[3:]
        else:
            raise Refused(404, "NotFound", "the server could not find the requested resource")
        self.namespace = None
        if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
            self.namespace, rest = rest[1], rest[2:]
        self.kind = BY_PATH.get((group, version, rest[0]))
        if self.kind is None:
            raise Refused(404, "NotFound", "the server could not find the requested resource")
        self.name = rest[1] if len(rest) > 1 else None
        self.part = rest[2] if len(rest) > 2 else None
        self.resource = self.kind.resource + (f"/{self.part}" if self.part else "")


class API(http.server.BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    cluster = None

    def log_message(self, *_):
        pass

    def handle(self):
        self.cluster.connections.add(self.connection)
        try:
            super().handle()
        except OSError:
            pass
        finally:
            self.cluster.connections.discard(self.connection)

    def do_GET(self):
        self.serve("GET")

    def do_POST(self):
        self.serve("POST")

    def do_PUT(self):
        self.serve("PUT")

    def do_PATCH(self):
        self.serve("PATCH")

    def do_DELETE(self):
        self.serve("DELETE")

    def serve(self, method):
        url = urllib.parse.urlsplit(self.path)
        self.query = {
            name: values[-1] for name, values in urllib.parse.parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            if url.path in ("/healthz", "/readyz", "/livez"):
                return self.answer(200, "ok", "text/plain")
            document = discovery.document(url.path) if method == "GET" else None
            if document is not None:
                return self.answer(200, document)
            target = Target(url.path)
            verb = self.verb(method, target)
            self.cluster.faults.check(verb, target.resource, target.name or "")
            if len(body) > BODY_BYTES_MAX:
                raise Refused(413, "RequestEntityTooLarge", "Request entity too large")
            if "protobuf" in (self.headers.get("Content-Type") or ""):
                decoded = protobuf.decoded(body)
                if decoded is None:
                    raise Refused(415, "UnsupportedMediaType", "the fake reads JSON of this kind")
                body = json.dumps(decoded).encode()
            return getattr(self, verb.replace("deletecollection", "delete_all"))(target, body)
        except Refused as error:
            headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
            return self.answer(error.code, error.status, headers=headers)
        except (ValueError, KeyError, TypeError) as error:
            refused = Refused(400, "BadRequest", f"{type(error).__name__}: {error}")
            return self.answer(400, refused.status)

    def verb(self, method, target):
        if method == "GET" and not target.name:
            return "watch" if self.query.get("watch") in ("1", "true") else "list"
        if method == "DELETE" and not target.name:
            return "deletecollection"
        return {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch",
                "DELETE": "delete"}[method]

    def answer(self, code, value, type="application/json", headers=None):
        body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(body)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    @property
    def store(self):
        return self.cluster.store

    @property
    def manager(self):
        agent = self.headers.get("User-Agent") or "unknown"
        return self.query.get("fieldManager") or agent.split("/")[0]

    @property
    def dry(self):
        return self.query.get("dryRun") == "All"

    def get(self, target, _):
        if target.part == "log":
            return self.log(target)
        if target.part == "proxy":
            code, text, headers = traffic.answer(self.store, target.namespace, target.name)
            return self.answer(code, text, headers=headers)
        found = self.store.find(target.kind, target.namespace, target.name)
        if target.part == "portforward":
            if traffic.leaves(found) and not traffic.runs(found):
                raise Refused(404, "NotFound", f'pods "{target.name}" not found')
            return forward.Forward(self, target).run()
        return self.answer(200, scale(found) if target.part == "scale" else found)

    def list(self, target, _):
        store, limit = self.store, int(self.query.get("limit") or 0)
        with store.changed:
            token = self.query.get("continue")
            if token:
                version, items = store.rests.pop(token, (None, None))
                if version is None:
                    raise Refused(
                        410, "Expired", "The provided continue parameter is too old to display a"
                        " consistent list result.")
            else:
                version, items = store.version, store.all(
                    target.kind, target.namespace, self.query.get("labelSelector"),
                    self.query.get("fieldSelector"))
            meta, rest = {"resourceVersion": str(version)}, items[limit:] if limit else []
            if rest:
                key = base64.b64encode(f"{version}:{rest[0]['metadata']['name']}".encode())
                meta["continue"] = key.decode()
                meta["remainingItemCount"] = len(rest)
                store.rests[meta["continue"]] = (version, rest)
        items = items[:limit] if limit else items
        for item in items:
            item.pop("kind", None), item.pop("apiVersion", None)
        self.answer(200, {
            "kind": target.kind.kind + "List", "apiVersion": target.kind.api_version,
            "metadata": meta, "items": items})

    def create(self, target, body):
        object = json.loads(body or b"{}")
        if target.kind.kind == "SelfSubjectAccessReview":
            return self.answer(201, self.review(object))
        if target.part == "eviction":
            self.store.delete(target.kind, target.namespace, target.name)
            return self.answer(201, {"kind": "Status", "apiVersion": "v1", "status": "Success"})
        self.check_namespace_of(target, object)
        self.cluster.admit(target.kind, target.namespace, object)
        made = self.store.create(target.kind, target.namespace, object, self.manager, self.dry)
        return self.answer(201, made)

    def review(self, object):
        asked = object["spec"].get("resourceAttributes") or {}
        group = asked.get("group")
        resource = asked.get("resource", "") + (f".{group}" if group else "")
        if asked.get("subresource"):
            resource += "/" + asked["subresource"]
        allowed = not self.cluster.faults.is_forbidden(asked.get("verb"), resource)
        return {**object, "metadata": {}, "status": {"allowed": allowed}}

    def update(self, target, body):
        object = json.loads(body)
        self.check_namespace_of(target, object)
        meta = object.setdefault("metadata", {})
        meta.setdefault("name", target.name)
        if target.kind.namespaced:
            meta.setdefault("namespace", target.namespace)
        if target.part == "scale":
            return self.patched(target, lambda live: merge.merge(
                live, {"spec": {"replicas": object["spec"]["replicas"]}}))
        self.cluster.admit(target.kind, target.namespace, object)
        return self.answer(200, self.store.update(
            target.kind, object, self.manager, self.dry, target.part == "status"))

    def patch(self, target, body):
        type = (self.headers.get("Content-Type") or "").split(";")[0]
        patch = json.loads(body)
        if type == "application/apply-patch+yaml":
            return self.applied(target, patch)
        ways = {
            "application/merge-patch+json": merge.merge,
            "application/strategic-merge-patch+json": merge.strategic,
            "application/json-patch+json": merge.json_patch}
        if type not in ways:
            raise Refused(415, "UnsupportedMediaType", f"{type} is not supported")
        return self.patched(target, lambda live: ways[type](live, patch))

    def patched(self, target, change):
        with self.store.changed:
            live = self.store.find(target.kind, target.namespace, target.name)
            self.cluster.admit(target.kind, target.namespace, change(live), live)
            result = self.store.update(
                target.kind, change(live), self.manager, self.dry, target.part == "status")
        return self.answer(200, scale(result) if target.part == "scale" else result)

    def applied(self, target, wanted):
        """Server-side apply: what this manager said before and says no longer is taken away."""
        self.check_namespace_of(target, wanted)
        store, kind = self.store, target.kind
        with store.changed:
            wanted["metadata"]["name"] = target.name
            key = (kind.resource, (target.namespace or "") if kind.namespaced else "", target.name)
            before = store.applied.get(key, {})
            live = store.get(kind, target.namespace, target.name)
            if live is None:
                self.cluster.admit(kind, target.namespace, wanted)
                result = store.create(
                    kind, target.namespace, copy.deepcopy(wanted), self.manager, self.dry, wanted)
            else:
                own = before.get(self.manager, {})
                for manager, others in before.items():
                    if manager != self.manager:
                        own = merge.unshared(own, others)
                merged = merge.apply(live, own, wanted)
                if "resourceVersion" not in wanted["metadata"]:
                    merged["metadata"].pop("resourceVersion", None)
                self.cluster.admit(kind, target.namespace, merged, live)
                result = store.update(
                    kind, merged, self.manager, self.dry, applied=wanted)
            if not self.dry:
                store.applied[key] = {**before, self.manager: wanted}
        return self.answer(201 if live is None else 200, result)

    def delete(self, target, body):
        options = json.loads(body or b"{}")
        grace = self.query.get("gracePeriodSeconds", options.get("gracePeriodSeconds"))
        gone = self.store.delete(
            target.kind, target.namespace, target.name, options,
            None if grace is None else int(grace))
        return self.answer(200, gone)

    def delete_all(self, target, body):
        for object in self.store.all(
                target.kind, target.namespace, self.query.get("labelSelector")):
            self.store.delete(target.kind, target.namespace, object["metadata"]["name"])
        return self.answer(200, {"kind": "Status", "apiVersion": "v1", "status": "Success"})

    @staticmethod
    def check_namespace_of(target, object):
        given = (object.get("metadata") or {}).get("namespace")
        if target.kind.namespaced and given and given != target.namespace:
            raise Refused(
                400, "BadRequest", "the namespace of the provided object does not match the"
                " namespace sent on the request")

    # Streams.

    def begin(self, type):
        self.send_response(200)
        self.send_header("Content-Type", type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()

    def chunk(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def finish_stream(self):
        if self.cluster.faults.is_cut:
            # A chunk that announces more than comes.
            self.wfile.write(b'40\r\n{"type":"MODIFIED","obj')
            self.wfile.flush()
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def watch(self, target, _):
        store, faults = self.store, self.cluster.faults
        generation, asked = faults.generation, self.query.get("resourceVersion")
        ends = time.monotonic() + float(self.query.get("timeoutSeconds") or 1800)
        pause = self.cluster.bookmark_pause
        wants_bookmarks = self.query.get("allowWatchBookmarks") in ("1", "true")
        self.begin("application/json")
        with store.changed:
            position = int(asked or 0)
            if not position:
                position = store.version
                for object in store.all(
                        target.kind, target.namespace, self.query.get("labelSelector"),
                        self.query.get("fieldSelector")):
                    self.chunk(json.dumps({"type": "ADDED", "object": object}) + "\n")
        bookmark_at = time.monotonic() + pause
        while generation == faults.generation and time.monotonic() < ends:
            with store.changed:
                try:
                    entries = [] if faults.is_silent() else store.since(position)
                except Refused as error:
                    self.chunk(json.dumps({"type": "ERROR", "object": error.status}) + "\n")
                    break
                version = store.version
                if not entries:
                    store.changed.wait(0.02 if faults.is_silent() else min(
                        0.5, max(0.001, bookmark_at - time.monotonic())))
            lines = [self.line(target, *entry) for entry in entries]
            text = "".join(filter(None, lines))
            if entries:
                position = version
            elif wants_bookmarks and time.monotonic() >= bookmark_at and not faults.is_silent():
                bookmark_at = time.monotonic() + pause
                text = json.dumps({"type": "BOOKMARK", "object": {
                    "kind": target.kind.kind, "apiVersion": target.kind.api_version,
                    "metadata": {"resourceVersion": str(position)}}}) + "\n"
            if text:
                self.chunk(text)
        self.finish_stream()

    def line(self, target, type, kind, object, old):
        """The change as this watch sees it, None where it does not."""
        if kind != target.kind:
            return None
        if target.namespace and object["metadata"].get("namespace") != target.namespace:
            return None
        is_in, was_in = self.selects(object), old is not None and self.selects(old)
        if type == "DELETED":
            if not was_in:
                return None
        elif is_in:
            type = "MODIFIED" if was_in else "ADDED"
        elif was_in:
            type = "DELETED"
        else:
            return None
        return json.dumps({"type": type, "object": object}) + "\n"

    def selects(self, object):
        labels = object["metadata"].get("labels") or {}
        return matches(labels, self.query.get("labelSelector")) and has_fields(
            object, self.query.get("fieldSelector"))

    def log(self, target):
        pod = self.store.find(target.kind, target.namespace, target.name)
        lines = self.cluster.kubelet.lines(
            pod, self.query.get("container"), self.query.get("previous") == "true")
        stamped = self.query.get("timestamps") == "true"
        since = self.query.get("sinceTime", "")
        chosen = [line for line in lines.written() if line[0] >= since]
        if "tailLines" in self.query:
            count = int(self.query["tailLines"])
            chosen = chosen[-count:] if count else []

        def text(entries):
            return "".join((f"{moment} {line}\n" if stamped else line + "\n")
                           for moment, line in entries)
        if self.query.get("follow") != "true":
            return self.answer(200, text(chosen), "text/plain")
        faults, generation = self.cluster.faults, self.cluster.faults.generation
        self.begin("text/plain")
        position = len(lines.written())
        if chosen:
            self.chunk(text(chosen))
        while generation == faults.generation:
            with self.store.changed:
                fresh = lines.written()[position:]
                if not fresh and lines.ended:
                    break
                if not fresh:
                    self.store.changed.wait(0.1)
            if fresh:
                position += len(fresh)
                self.chunk(text(fresh))
        if generation == faults.generation:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.finish_stream()


def scale(object):
    """The subresource `scale` of an object that has replicas."""
    meta, spec = object["metadata"], object["spec"]
    return {
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {name: meta[name] for name in
                     ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")},
        "spec": {"replicas": spec.get("replicas", 1)},
        "status": {"replicas": (object.get("status") or {}).get("replicas", 0)}}
