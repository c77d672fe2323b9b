#!/usr/bin/env python3
"""A cluster for tests: the API on the wire, and controllers that play deployments, pods and jobs.

usage: fake_cluster.py [--port PORT] [--control-port PORT] [--speed FACTOR] [--bookmarks SECONDS]

Listens on loopback alone, prints `ports API CONTROL` and `ready`, and ends with its standard input,
so that it never outlives a test. What each scenario shows, and when, is what a real cluster showed;
--speed 0.1 lets everything take a tenth of its time. Faults are described in faults.py, scenarios
in kubelet.py.
"""

import argparse
import heapq
import http.server
import itertools
import signal
import socket
import socketserver
import sys
import threading
import time
import uuid

import wire
from controllers import Controllers
from faults import Control, Faults
from kinds import DEPLOYMENTS, EVENTS, JOBS, NAMESPACES, PODS
from kubelet import Kubelet
from store import Refused, Store, now


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        """A client that went away is nothing to speak of."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Cluster:
    def __init__(self, port, factor, bookmark_pause):
        self.store, self.faults = Store(), Faults()
        self.factor, self.bookmark_pause = factor, bookmark_pause
        self.connections = set()
        self.stories, self.numbers = [], itertools.count()
        self.kubelet, self.controllers = Kubelet(self), Controllers(self)
        self.port, self.server = port, None
        for name in ("default", "kube-system"):
            self.store.create(NAMESPACES, None, {"metadata": {"name": name}})
        self.up()
        threading.Thread(target=self.run, daemon=True).start()

    # The listener.

    def up(self):
        if self.server is not None:
            return
        handler = type("Handler", (wire.API,), {"cluster": self})
        self.server = Server(("127.0.0.1", self.port), handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self):
        server, self.server = self.server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    # Time.

    def seconds(self, seconds):
        return seconds * self.factor

    def speed(self, factor):
        self.factor = factor

    def tell_story(self, story, uid):
        """Goes on with a story after each wait that it yields, while its pod is there."""
        heapq.heappush(self.stories, (time.monotonic(), next(self.numbers), story, uid))

    def wake(self, moment):
        """Looks at everything again at that moment of the monotonic clock."""
        heapq.heappush(self.stories, (moment, next(self.numbers), None, None))

    def run(self):
        seen = None
        with self.store.changed:
            while True:
                woken = self.go_on()
                if self.store.version != seen or woken:
                    seen = self.store.version
                    self.kubelet.look()
                    self.controllers.look()
                    # Whoever asks something meanwhile is not kept waiting for the whole round.
                    self.store.changed.wait(0.0005)
                    continue
                due = self.stories[0][0] if self.stories else time.monotonic() + 1
                self.store.changed.wait(max(0.0005, min(1, due - time.monotonic())))

    def go_on(self):
        """Takes the next step of all stories whose time has come; whether there were any."""
        any_due = False
        while self.stories and self.stories[0][0] <= time.monotonic():
            any_due = True
            _, number, story, uid = heapq.heappop(self.stories)
            if story is None:
                continue
            pod = self.kubelet.pod(uid) if uid else None
            if uid and (pod is None or pod["metadata"].get("deletionTimestamp")):
                continue
            pause = next(story, None)
            if pause is not None:
                due = time.monotonic() + self.seconds(pause)
                heapq.heappush(self.stories, (due, number, story, uid))
        return any_due

    # What controllers share.

    def condition(self, object, type, status, reason=None, message=None):
        conditions = object["status"].setdefault("conditions", [])
        found = next((c for c in conditions if c["type"] == type), None)
        if found is None:
            found = {"type": type}
            conditions.append(found)
        if found.get("status") != status:
            found["lastTransitionTime"] = now()
        found["status"] = status
        for name, value in (("reason", reason), ("message", message)):
            if value is None:
                found.pop(name, None)
            else:
                found[name] = value

    def event(self, kind, object, type, reason, message, source, field=None):
        """Makes an event, or counts one that said the same; `field` is the part it is about."""
        meta = object["metadata"]
        if self.faults.drops_event():
            return
        for (resource, _, _), known in self.store.objects.items():
            if (resource == EVENTS.resource and known["involvedObject"]["uid"] == meta["uid"]
                    and (known["reason"], known["message"]) == (reason, message)):
                fresh = {**known, "metadata": dict(known["metadata"]),
                         "count": known["count"] + 1, "lastTimestamp": now()}
                self.store.put(EVENTS, fresh, "MODIFIED")
                return
        self.store.create(EVENTS, meta["namespace"], {
            "metadata": {"name": f"{meta['name']}.{uuid.uuid4().hex[:16]}"},
            "involvedObject": {
                "apiVersion": object["apiVersion"], "kind": kind.kind, "name": meta["name"],
                "namespace": meta["namespace"], "uid": meta["uid"],
                **({"fieldPath": field} if field else {})},
            "reason": reason, "message": message, "type": type, "count": 1,
            "firstTimestamp": now(), "lastTimestamp": now(), "source": {"component": source},
            "reportingComponent": source}, source)

    def admit(self, kind, namespace, object, live=None):
        """The rules that the API server itself would hold objects to, as far as tests need them."""
        spec = object.get("spec") or {}
        name = (object.get("metadata") or {}).get("name")
        if kind == DEPLOYMENTS and spec:
            labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
            wanted = (spec.get("selector") or {}).get("matchLabels") or {}
            if not wanted or any(labels.get(key) != value for key, value in wanted.items()):
                self.refuse(kind, name, "spec.template.metadata.labels: Invalid value:"
                            " `selector` does not match template `labels`")
            if live and live["spec"]["selector"] != spec["selector"]:
                self.refuse(kind, name, "spec.selector: Invalid value: field is immutable")
        if kind in (DEPLOYMENTS, JOBS) and spec:
            pod = (spec.get("template") or {}).get("spec") or {}
            if not pod.get("containers"):
                self.refuse(kind, name, "spec.template.spec.containers: Required value")
        if kind == JOBS and live and live["spec"].get("template") != spec.get("template"):
            self.refuse(kind, name, "spec.template: Invalid value: field is immutable")

    @staticmethod
    def refuse(kind, name, message):
        raise Refused(
            422, "Invalid", f'{kind.kind}.{kind.group} "{name}" is invalid: {message}',
            {"name": name, "group": kind.group, "kind": kind.kind})

    def evict(self, namespace, name):
        with self.store.changed:
            pod = self.store.find(PODS, namespace, name)
            self.tell_story(self.kubelet.evict(pod["metadata"]["uid"]), None)
            self.store.changed.notify_all()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--bookmarks", type=float, default=60.0)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    cluster = Cluster(given.port, given.speed, given.bookmarks)
    control = Server(
        ("127.0.0.1", given.control_port), type("Handler", (Control,), {"cluster": cluster}))
    threading.Thread(target=control.serve_forever, args=(0.01,), daemon=True).start()
    print(f"ports {cluster.port} {control.server_port}\nready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
