"""What the API server keeps: objects with their versions, and the changes that watches tell of."""

import bisect
import copy
import datetime
import threading
import uuid

from kinds import EVENTS, NAMESPACES, complete
from merge import fields

FOREGROUND = "foregroundDeletion"


class Refused(Exception):
    """An answer that is no success, with what the object `Status` says."""

    def __init__(self, code, reason, message, details=None, retry_after=None):
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.details, self.retry_after = details or {}, retry_after

    @property
    def status(self):
        return {
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "details": self.details,
            "code": self.code}


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def matches(labels, selector):
    """Whether labels meet a selector as queries write it."""
    for term in filter(None, (selector or "").split(",")):
        term = term.strip()
        if " in (" in term or " notin (" in term:
            raise Refused(400, "BadRequest", f"the fake does not know the selector {term}")
        if "!=" in term:
            name, value = term.split("!=", 1)
            if labels.get(name) == value:
                return False
        elif "=" in term:
            name, value = term.replace("==", "=").split("=", 1)
            if labels.get(name) != value:
                return False
        elif term.startswith("!"):
            if term[1:] in labels:
                return False
        elif term not in labels:
            return False
    return True


def has_fields(object, selector):
    """Whether an object meets a field selector."""
    for term in filter(None, (selector or "").split(",")):
        negative = "!=" in term
        path, value = term.split("!=" if negative else "=", 1)
        found = object
        for part in path.split("."):
            found = (found or {}).get(part)
        if ((found or "") == value.lstrip("=")) == negative:
            return False
    return True


def pruned(value):
    """Without what is null, which the API takes for absent."""
    if isinstance(value, dict):
        return {name: pruned(part) for name, part in value.items() if part is not None}
    return [pruned(part) for part in value] if isinstance(value, list) else value


class Store:
    """All methods take the lock, which is one that a thread may take twice."""

    def __init__(self):
        self.changed = threading.Condition(threading.RLock())
        self.version = 1000
        self.forgotten = self.version
        self.objects = {}
        self.applied = {}
        self.log, self.log_versions = [], []
        self.rests = {}

    def find(self, kind, namespace, name):
        with self.changed:
            found = self.objects.get((kind.resource, namespace or "", name))
            if found is None:
                raise Refused(
                    404, "NotFound", f'{kind.resource} "{name}" not found',
                    {"name": name, "group": kind.group, "kind": kind.plural})
            return copy.deepcopy(found)

    def get(self, kind, namespace, name):
        """The object itself, for controllers that hold the lock; None where there is none."""
        return self.objects.get((kind.resource, namespace or "", name))

    def all(self, kind, namespace=None, labels=None, fields=None):
        with self.changed:
            return [
                copy.deepcopy(value) for (resource, place, _), value in sorted(self.objects.items())
                if resource == kind.resource and (not namespace or place == namespace)
                and matches(value["metadata"].get("labels") or {}, labels)
                and has_fields(value, fields)]

    def create(self, kind, namespace, object, manager="fake", dry=False,
               applied=None):
        with self.changed:
            object = pruned(object)
            meta = object.setdefault("metadata", {})
            if kind.namespaced:
                self.check_namespace(namespace, kind, meta)
                meta["namespace"] = namespace
            if not meta.get("name") and meta.get("generateName"):
                meta["name"] = meta["generateName"] + uuid.uuid4().hex[:5]
            name = meta.get("name")
            if not name:
                raise Refused(
                    422, "Invalid", f"{kind.kind} is invalid: metadata.name: Required value")
            if (kind.resource, namespace or "", name) in self.objects:
                raise Refused(
                    409, "AlreadyExists", f'{kind.resource} "{name}" already exists',
                    {"name": name, "group": kind.group, "kind": kind.plural})
            meta.update(uid=str(uuid.uuid4()), creationTimestamp=now())
            meta.pop("resourceVersion", None)
            object.setdefault("kind", kind.kind)
            object.setdefault("apiVersion", kind.api_version)
            if "spec" in object:
                meta["generation"] = 1
            complete(object)
            self.sign(object, manager, applied)
            return self.put(kind, object, "ADDED", dry)

    def check_namespace(self, namespace, kind, meta):
        found = self.get(NAMESPACES, None, namespace)
        if found is None:
            raise Refused(
                404, "NotFound", f'namespaces "{namespace}" not found',
                {"name": namespace, "kind": "namespaces"})
        if found["status"]["phase"] == "Terminating" and kind != EVENTS:
            raise Refused(
                403, "Forbidden",
                f'{kind.resource} "{meta.get("name")}" is forbidden: unable to create new content'
                f" in namespace {namespace} because it is being terminated")

    def update(self, kind, object, manager="fake", dry=False, status_only=False, applied=None):
        """Replaces the object; with a resourceVersion in it only that one."""
        with self.changed:
            meta = object["metadata"]
            live = self.find(kind, meta.get("namespace"), meta["name"])
            known = live["metadata"]
            version = meta.get("resourceVersion")
            if version and version != known["resourceVersion"]:
                raise Refused(
                    409, "Conflict",
                    f'Operation cannot be fulfilled on {kind.resource} "{meta["name"]}": the object'
                    " has been modified; please apply your changes to the latest version and try"
                    " again", {"name": meta["name"], "group": kind.group, "kind": kind.plural})
            if status_only:
                object = {**live, "status": object.get("status", {})}
            else:
                object = self.carried_over(kind, live, object)
            object["metadata"]["resourceVersion"] = known["resourceVersion"]
            if object == live:
                return live
            self.sign(object, manager, applied)
            if known.get("deletionTimestamp") and not object["metadata"].get("finalizers"):
                if kind.kind not in ("Pod", "Namespace"):
                    return self.remove(kind, object)
            return self.put(kind, object, "MODIFIED", dry)

    def carried_over(self, kind, live, object):
        """`object` with what a client can not change."""
        object, known = pruned(object), live["metadata"]
        meta = object["metadata"]
        if meta.get("uid") and meta["uid"] != known["uid"]:
            raise Refused(
                409, "Conflict", f'{kind.resource} "{meta["name"]}": the UID in the precondition'
                " does not match the UID in record")
        for name in ("uid", "creationTimestamp", "generation", "deletionTimestamp",
                     "deletionGracePeriodSeconds", "managedFields"):
            if name in known:
                meta[name] = copy.deepcopy(known[name])
        object.setdefault("kind", live["kind"])
        object.setdefault("apiVersion", live["apiVersion"])
        complete(object)
        if "status" in kind.subresources and "status" in live:
            object["status"] = copy.deepcopy(live["status"])
        if object.get("spec") != live.get("spec") and "generation" in known:
            meta["generation"] = known["generation"] + 1
        return object

    def delete(self, kind, namespace, name, options=None, grace=None):
        """Removes the object, or marks it where something has to happen first."""
        with self.changed:
            live = self.find(kind, namespace, name)
            meta = live["metadata"]
            for field, value in ((options or {}).get("preconditions") or {}).items():
                if meta[field] != value:
                    raise Refused(
                        409, "Conflict",
                        f'Operation cannot be fulfilled on {kind.resource} "{name}": Precondition'
                        f" failed: {field} in precondition: {value}, {field} in object meta:"
                        f" {meta[field]}")
            if (options or {}).get("dryRun"):
                return live
            if (options or {}).get("propagationPolicy") == "Foreground":
                # The garbage collector takes it away again, once nothing is left that belongs here.
                meta.setdefault("finalizers", []).append(FOREGROUND)
            waits = meta.get("finalizers") or kind == NAMESPACES or (
                kind.kind == "Pod" and grace != 0 and live["spec"].get("nodeName"))
            if not waits:
                return self.remove(kind, live)
            if not meta.get("deletionTimestamp"):
                meta["deletionTimestamp"] = now()
                if kind.kind == "Pod":
                    meta["deletionGracePeriodSeconds"] = (
                        live["spec"]["terminationGracePeriodSeconds"] if grace is None else grace)
                if kind == NAMESPACES:
                    live["status"] = {"phase": "Terminating"}
                self.put(kind, live, "MODIFIED")
            return live

    def remove(self, kind, object):
        with self.changed:
            key = self.key(kind, object)
            old = self.objects.pop(key, None)
            self.applied.pop(key, None)
            if old is not None:
                object = copy.deepcopy(old)
                self.tell("DELETED", kind, object, old)
            return object

    def put(self, kind, object, type, dry=False):
        """Keeps the object as it is and tells of it."""
        with self.changed:
            object = copy.deepcopy(object)
            if dry:
                object["metadata"].setdefault("resourceVersion", str(self.version))
                return object
            key = self.key(kind, object)
            old = self.objects.get(key)
            self.objects[key] = object
            self.tell(type, kind, object, old)
            return copy.deepcopy(object)

    def tell(self, type, kind, object, old):
        self.version += 1
        object["metadata"]["resourceVersion"] = str(self.version)
        self.log.append((type, kind, copy.deepcopy(object), old))
        self.log_versions.append(self.version)
        self.changed.notify_all()

    def since(self, version):
        """The changes after `version`."""
        if version < self.forgotten:
            raise Refused(
                410, "Expired", f"too old resource version: {version} ({self.forgotten})")
        return self.log[bisect.bisect_right(self.log_versions, version):]

    def forget(self):
        """Forgets the past: who goes on from it has to list again."""
        with self.changed:
            self.version += 1
            self.forgotten = self.version
            self.log, self.log_versions, self.rests = [], [], {}
            self.changed.notify_all()

    @staticmethod
    def key(kind, object):
        meta = object["metadata"]
        return (kind.resource, meta.get("namespace", "") if kind.namespaced else "", meta["name"])

    @staticmethod
    def sign(object, manager, applied=None):
        """Notes who wrote, and of what was applied the fields, lists as one."""
        meta = object["metadata"]
        operation = "Update" if applied is None else "Apply"
        entries = [
            entry for entry in meta.get("managedFields", [])
            if (entry["manager"], entry["operation"]) != (manager, operation)]
        meta["managedFields"] = entries + [{
            "manager": manager, "operation": operation, "apiVersion": object["apiVersion"],
            "time": now(), "fieldsType": "FieldsV1", "fieldsV1": fields(applied or {})}]
