"""What a test does to the cluster from outside: a control address of its own.

POST with a JSON object; GET /calls gives what was asked so far.

  /fail      status, count, [verb], [resource], [subject], [retryAfter], [reason], [message]: the
             next calls; the subject is an object's name
  /forbid    verb, resource: from now on;  /allow: everything again
  /role      rules, as a Role has them: nothing else is allowed from now on
  /delay     seconds, [verb], [resource]: before every answer, or every one of a verb or a resource
  /hold      verb, resource: the next such call waits;  /release: and goes on
  /silence   seconds: nothing is answered and no watch says anything
  /cut       every watch and every log that is followed ends amid a line
  /end       every watch and every log that is followed ends
  /down      nobody listens and every connection is cut;  /up: again
  /restart   both, `seconds` apart
  /forget    what was before is forgotten: watches that go on from it get 410
  /drop      count: so many objects of kind Event are not made
  /evict     namespace, name: the kubelet evicts a pod
  /speed     factor: everything that the controllers do takes that part of the time
"""

import http.server
import json
import threading
import time

from store import Refused


HOLD_SECONDS_MAX = 30


class Faults:
    def __init__(self):
        self.lock = threading.Lock()
        self.failures, self.forbidden, self.calls = [], set(), []
        # Verbs that a role allows, by group and resource; None where there is no role.
        self.role = None
        self.delays, self.silent_until, self.dropped_events = {}, 0.0, 0
        # The next call of a verb and a resource waits until it is released.
        self.held, self.released = set(), threading.Event()
        # Streams end when their number is below this one.
        self.generation, self.is_cut = 0, False

    def check(self, verb, resource, subject):
        """Notes a call, and refuses it where that is wanted."""
        with self.lock:
            self.calls.append({"verb": verb, "resource": resource, "subject": subject})
            failure = next(
                (f for f in self.failures if self.meets(f, verb, resource, subject)), None)
            if failure:
                failure["count"] -= 1
                if failure["count"] <= 0:
                    self.failures.remove(failure)
            delay = next(
                (self.delays[key] for key in ((verb, resource), (None, resource), (verb, None))
                 if key in self.delays), self.delays.get((None, None), 0))
            forbidden = self.is_forbidden(verb, resource)
            is_held = (verb, resource) in self.held
            self.held.discard((verb, resource))
        if is_held:
            self.released.wait(HOLD_SECONDS_MAX)
        time.sleep(delay)
        while time.monotonic() < self.silent_until:
            time.sleep(0.02)
        if failure:
            raise Refused(
                failure["status"], failure.get("reason", "InternalError"),
                failure.get("message", "a fault that a test asked for"),
                retry_after=failure.get("retryAfter"))
        if forbidden:
            raise Refused(
                403, "Forbidden",
                f'{resource} is forbidden: User "test" cannot {verb} resource "{resource}"')

    def is_forbidden(self, verb, resource):
        if (verb, resource) in self.forbidden:
            return True
        if self.role is None or resource == "selfsubjectaccessreviews.authorization.k8s.io":
            return False
        kind, _, part = resource.partition("/")
        plural, _, group = kind.partition(".")
        return verb not in self.role.get((group, f"{plural}/{part}" if part else plural), ())

    @staticmethod
    def meets(failure, verb, resource, subject):
        known = {"verb": verb, "resource": resource, "subject": subject}
        return all(failure.get(name) in (None, value) for name, value in known.items())

    def is_silent(self):
        return time.monotonic() < self.silent_until

    def drops_event(self):
        with self.lock:
            if self.dropped_events > 0:
                self.dropped_events -= 1
                return True
            return False


class Control(http.server.BaseHTTPRequestHandler):
    """One request, one fault."""

    protocol_version = "HTTP/1.1"
    cluster = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        with self.cluster.faults.lock:
            self.answer(200, self.cluster.faults.calls)

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        given = json.loads(self.rfile.read(length) or b"{}")
        act = getattr(self, "act_" + self.path.strip("/"), None)
        if act is None:
            return self.answer(404, {"error": f"no such fault: {self.path}"})
        act(given)
        return self.answer(200, {})

    def answer(self, code, value):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def act_fail(self, given):
        with self.cluster.faults.lock:
            self.cluster.faults.failures.append({"count": 1, **given})

    def act_forbid(self, given):
        with self.cluster.faults.lock:
            self.cluster.faults.forbidden.add((given["verb"], given["resource"]))

    def act_allow(self, _):
        with self.cluster.faults.lock:
            self.cluster.faults.forbidden.clear()
            self.cluster.faults.role = None

    def act_role(self, given):
        role = {}
        for rule in given["rules"]:
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    role.setdefault((group, resource), set()).update(rule["verbs"])
        with self.cluster.faults.lock:
            self.cluster.faults.role = role

    def act_delay(self, given):
        self.cluster.faults.delays[given.get("verb"), given.get("resource")] = given["seconds"]

    def act_hold(self, given):
        faults = self.cluster.faults
        with faults.lock:
            faults.released.clear()
            faults.held.add((given["verb"], given["resource"]))

    def act_release(self, given):
        self.cluster.faults.released.set()

    def act_silence(self, given):
        self.cluster.faults.silent_until = time.monotonic() + given["seconds"]

    def end_streams(self, is_cut):
        with self.cluster.store.changed:
            self.cluster.faults.is_cut = is_cut
            self.cluster.faults.generation += 1
            self.cluster.store.changed.notify_all()

    def act_cut(self, _):
        self.end_streams(True)

    def act_end(self, _):
        self.end_streams(False)

    def act_down(self, _):
        self.cluster.down()
        self.end_streams(True)

    def act_up(self, _):
        self.cluster.up()

    def act_restart(self, given):
        self.act_down(given)
        time.sleep(given.get("seconds", 0.2))
        self.cluster.up()

    def act_forget(self, _):
        self.cluster.store.forget()

    def act_drop(self, given):
        with self.cluster.faults.lock:
            self.cluster.faults.dropped_events = given["count"]

    def act_evict(self, given):
        self.cluster.evict(given["namespace"], given["name"])

    def act_speed(self, given):
        self.cluster.speed(given["factor"])
