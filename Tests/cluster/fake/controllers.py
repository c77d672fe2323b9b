"""Plays the controllers: Deployment, ReplicaSet, StatefulSet, Job, namespaces, what is owned."""

import copy
import hashlib
import json
import math
import time
import uuid

import traffic
from kinds import BY_PLURAL, DEPLOYMENTS, JOBS, NAMESPACES, PODS, REPLICA_SETS, STATEFUL_SETS
from kubelet import scenario
from store import FOREGROUND, Refused, now

SERVICES, SLICES = BY_PLURAL["services"], BY_PLURAL["endpointslices"]
REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"


def share(value, of, up):
    if isinstance(value, str):
        part = of * int(value.rstrip("%")) / 100
        return math.ceil(part) if up else math.floor(part)
    return value


def is_ready(pod):
    return not pod["metadata"].get("deletionTimestamp") and any(
        c["type"] == "Ready" and c["status"] == "True"
        for c in pod["status"].get("conditions", []))


def is_over(pod):
    return pod["status"].get("phase") in ("Failed", "Succeeded")


class Controllers:
    def __init__(self, cluster):
        self.cluster, self.store = cluster, cluster.store
        # By Deployment's uid: when it last came nearer to its end, and how near it was.
        self.progress = {}
        self.complained = {}
        self.jobs_ended = {}

    def look(self):
        for kind, act in (
                (DEPLOYMENTS, self.deployment), (REPLICA_SETS, self.replica_set),
                (STATEFUL_SETS, self.stateful_set), (JOBS, self.job),
                (SERVICES, self.service), (NAMESPACES, self.namespace)):
            for object in self.every(kind):
                if kind == NAMESPACES or not object["metadata"].get("deletionTimestamp"):
                    act(object)
        self.collect()

    def every(self, kind, namespace=None):
        return [copy.deepcopy(o) for (r, place, _), o in sorted(self.store.objects.items())
                if r == kind.resource and (namespace is None or place == namespace)]

    def owned(self, owner, kind):
        uid = owner["metadata"]["uid"]
        return [o for o in self.every(kind, owner["metadata"]["namespace"])
                if any(r["uid"] == uid for r in o["metadata"].get("ownerReferences", []))]

    def save(self, kind, object):
        live = self.store.get(kind, object["metadata"].get("namespace"), object["metadata"]["name"])
        if live is not None and live != object:
            if kind.kind != "Pod" and live.get("spec") != object.get("spec"):
                object["metadata"]["generation"] = live["metadata"]["generation"] + 1
            self.store.put(kind, object, "MODIFIED")

    @staticmethod
    def reference(owner):
        return {
            "apiVersion": owner["apiVersion"], "kind": owner["kind"],
            "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
            "controller": True, "blockOwnerDeletion": True}

    # Deployments.

    def deployment(self, deployment):
        meta, spec = deployment["metadata"], deployment["spec"]
        sets = self.owned(deployment, REPLICA_SETS)
        new = self.new_set(deployment, sets)
        if new is None:
            return
        old = [s for s in sets if s["metadata"]["uid"] != new["metadata"]["uid"]]
        if not spec.get("paused"):
            if spec["strategy"]["type"] == "Recreate":
                self.recreate(deployment, new, old)
            else:
                self.roll(deployment, new, old)
        self.tidy(deployment, old)
        meta.setdefault("annotations", {})[REVISION] = new["metadata"]["annotations"][REVISION]
        self.deployment_status(deployment, new, [new] + old)
        self.save(DEPLOYMENTS, deployment)

    def new_set(self, deployment, sets):
        """The ReplicaSet of the template as it is; made or marked as the newest where needed."""
        meta, spec = deployment["metadata"], deployment["spec"]
        text = json.dumps(spec["template"], sort_keys=True).encode()
        hash = hashlib.sha256(text).hexdigest()[:10]
        newest = max((int(s["metadata"]["annotations"][REVISION]) for s in sets), default=0)
        found = next((s for s in sets if s["metadata"]["labels"].get(HASH) == hash), None)
        if found:
            if int(found["metadata"]["annotations"][REVISION]) < newest:
                found["metadata"]["annotations"][REVISION] = str(newest + 1)
                self.save(REPLICA_SETS, found)
            return found
        if spec.get("paused"):
            return None
        template = copy.deepcopy(spec["template"])
        template["metadata"].setdefault("labels", {})[HASH] = hash
        made = {
            "metadata": {
                "name": f"{meta['name']}-{hash}", "labels": dict(template["metadata"]["labels"]),
                "annotations": {REVISION: str(newest + 1)},
                "ownerReferences": [self.reference(deployment)]},
            "spec": {
                "replicas": 0 if sets else spec["replicas"], "template": template,
                "selector": {"matchLabels": {**spec["selector"]["matchLabels"], HASH: hash}}},
            "status": {"replicas": 0}}
        made = self.store.create(
            REPLICA_SETS, meta["namespace"], made, "kube-controller-manager")
        self.progress[meta["uid"]] = (time.monotonic(), None)
        return made

    def roll(self, deployment, new, old):
        spec = deployment["spec"]
        wanted, rolling = spec["replicas"], spec["strategy"].get("rollingUpdate", {})
        surge = share(rolling.get("maxSurge", "25%"), wanted, True)
        missing = share(rolling.get("maxUnavailable", "25%"), wanted, False)
        if surge == 0 and missing == 0:
            missing = 1
        total = sum(s["spec"]["replicas"] for s in [new] + old)
        count = new["spec"]["replicas"]
        if count > wanted or not any(s["spec"]["replicas"] for s in old):
            self.resize(deployment, new, wanted)
        elif count < wanted:
            self.resize(deployment, new, min(wanted, count + max(0, wanted + surge - total)))
        spare = sum(s["spec"]["replicas"] for s in [new] + old) - (wanted - missing)
        spare -= new["spec"]["replicas"] - new["status"].get("availableReplicas", 0)
        available = sum(s["status"].get("availableReplicas", 0) for s in [new] + old)
        for one in old:
            ill = one["spec"]["replicas"] - one["status"].get("availableReplicas", 0)
            less = max(0, min(ill, spare))
            self.resize(deployment, one, one["spec"]["replicas"] - less)
            spare -= less
        spare = min(spare, available - (wanted - missing))
        for one in old:
            less = max(0, min(one["spec"]["replicas"], spare))
            self.resize(deployment, one, one["spec"]["replicas"] - less)
            spare -= less

    def recreate(self, deployment, new, old):
        for one in old:
            self.resize(deployment, one, 0)
        if not any(self.owned(one, PODS) for one in old):
            self.resize(deployment, new, deployment["spec"]["replicas"])

    def resize(self, deployment, set, count):
        before = set["spec"]["replicas"]
        if before == count:
            return
        set["spec"]["replicas"] = count
        self.save(REPLICA_SETS, set)
        way = "up" if count > before else "down"
        self.cluster.event(
            DEPLOYMENTS, deployment, "Normal", "ScalingReplicaSet", f"Scaled {way} replica set"
            f" {set['metadata']['name']} from {before} to {count}", "deployment-controller")

    def tidy(self, deployment, old):
        """Removes what is older than the history that the Deployment keeps."""
        empty = sorted((s for s in old if not s["spec"]["replicas"] and not self.owned(s, PODS)),
                       key=lambda s: int(s["metadata"]["annotations"][REVISION]))
        for one in empty[:max(0, len(empty) - deployment["spec"]["revisionHistoryLimit"])]:
            self.store.remove(REPLICA_SETS, one)

    def deployment_status(self, deployment, new, sets):
        spec, status = deployment["spec"], deployment["status"]
        pods = [p for s in sets for p in self.owned(s, PODS)
                if not is_over(p) and not p["metadata"].get("deletionTimestamp")]
        updated = [p for p in self.owned(new, PODS)
                   if not is_over(p) and not p["metadata"].get("deletionTimestamp")]
        ready = [p for p in pods if is_ready(p)]
        wanted = spec["replicas"]
        status.update(
            observedGeneration=deployment["metadata"]["generation"], replicas=len(pods),
            updatedReplicas=len(updated), readyReplicas=len(ready), availableReplicas=len(ready),
            unavailableReplicas=max(0, wanted - len(ready)))
        for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas",
                     "unavailableReplicas"):
            if not status[name]:
                del status[name]
        least = wanted - share(
            spec["strategy"].get("rollingUpdate", {}).get("maxUnavailable", 0), wanted, False)
        enough = len(ready) >= least
        self.cluster.condition(
            deployment, "Available", "True" if enough else "False",
            "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
            f"Deployment {'has' if enough else 'does not have'} minimum availability.")
        failure = next((c for c in new["status"].get("conditions", [])
                        if c["type"] == "ReplicaFailure"), None)
        status["conditions"] = [
            c for c in status["conditions"] if c["type"] != "ReplicaFailure"]
        if failure:
            self.cluster.condition(
                deployment, "ReplicaFailure", "True", failure["reason"], failure["message"])
        self.deployment_progress(deployment, new, len(updated), len(ready), len(pods))

    def deployment_progress(self, deployment, new, updated, ready, pods):
        meta, spec = deployment["metadata"], deployment["spec"]
        name, wanted = new["metadata"]["name"], spec["replicas"]
        new_ready = sum(1 for p in self.owned(new, PODS) if is_ready(p))
        near = (updated, new_ready, -pods)
        since, last = self.progress.get(meta["uid"], (time.monotonic(), None))
        if near != last:
            since = time.monotonic()
            self.progress[meta["uid"]] = (since, near)
        if new_ready == wanted == updated == pods:
            status, reason = "True", "NewReplicaSetAvailable"
            text = f'ReplicaSet "{name}" has successfully progressed.'
        elif time.monotonic() - since > self.cluster.seconds(spec["progressDeadlineSeconds"]):
            status, reason = "False", "ProgressDeadlineExceeded"
            text = f'ReplicaSet "{name}" has timed out progressing.'
        else:
            status, reason = "True", "ReplicaSetUpdated"
            text = f'ReplicaSet "{name}" is progressing.'
            self.cluster.wake(since + self.cluster.seconds(spec["progressDeadlineSeconds"]) + 0.01)
        self.cluster.condition(deployment, "Progressing", status, reason, text)

    # Pods.

    def replica_set(self, set):
        pods = [p for p in self.owned(set, PODS)
                if not is_over(p) and not p["metadata"].get("deletionTimestamp")]
        wanted = set["spec"]["replicas"]
        conditions = [c for c in set["status"].get("conditions", [])
                      if c["type"] != "ReplicaFailure"]
        set["status"]["conditions"] = conditions
        for _ in range(wanted - len(pods)):
            problem = self.make_pod(REPLICA_SETS, set, f"{set['metadata']['name']}-")
            if problem:
                self.cluster.condition(
                    set, "ReplicaFailure", "True", "FailedCreate", problem)
                break
        gone = sorted(pods, key=lambda p: (is_ready(p), p["metadata"]["name"]))
        for pod in gone[:max(0, len(pods) - wanted)]:
            self.store.delete(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])
        pods = [p for p in self.owned(set, PODS)
                if not is_over(p) and not p["metadata"].get("deletionTimestamp")]
        ready = sum(1 for p in pods if is_ready(p))
        self.counts(set, len(pods), ready)
        set["status"]["fullyLabeledReplicas"] = len(pods)
        if not set["status"]["conditions"]:
            del set["status"]["conditions"]
        self.save(REPLICA_SETS, set)

    @staticmethod
    def counts(owner, pods, ready):
        owner["status"].update(
            replicas=pods, readyReplicas=ready, availableReplicas=ready,
            observedGeneration=owner["metadata"]["generation"])

    def make_pod(self, kind, owner, prefix, name=None):
        """Makes one pod of the owner's template; why it could not, None where it could."""
        template = copy.deepcopy(owner["spec"]["template"])
        story = scenario(template, kind == JOBS)
        name = name or prefix + uuid.uuid4().hex[:5]
        if story in ("quota", "admission"):
            reason = (
                "exceeded quota: compute, requested: requests.cpu=100m, used: requests.cpu=1,"
                " limited: requests.cpu=1" if story == "quota" else
                'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false')
            problem = f'pods "{name}" is forbidden: {reason}'
            # The controller tries again and again, ever less often; one complaint is enough here.
            if self.complained.get(owner["metadata"]["uid"]) is None:
                self.complained[owner["metadata"]["uid"]] = name
                self.cluster.event(
                    kind, owner, "Warning", "FailedCreate", f"Error creating: {problem}",
                    f"{kind.kind.lower()}-controller")
                return problem
            name = self.complained[owner["metadata"]["uid"]]
            return f'pods "{name}" is forbidden: {reason}'
        meta = template.setdefault("metadata", {})
        meta.update(name=name, ownerReferences=[self.reference(owner)], generateName=prefix)
        try:
            self.store.create(
                PODS, owner["metadata"]["namespace"], template, "kube-controller-manager")
        except Refused as error:
            return error.message
        self.cluster.event(
            kind, owner, "Normal", "SuccessfulCreate", f"Created pod: {name}",
            f"{kind.kind.lower()}-controller")
        return None

    def stateful_set(self, set):
        name, pods = set["metadata"]["name"], self.owned(set, PODS)
        have = {p["metadata"]["name"] for p in pods}
        for index in range(set["spec"]["replicas"]):
            if f"{name}-{index}" not in have:
                self.make_pod(STATEFUL_SETS, set, name, f"{name}-{index}")
                break
        for pod in pods:
            if int(pod["metadata"]["name"].rsplit("-", 1)[1]) >= set["spec"]["replicas"]:
                self.store.delete(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])
        self.counts(set, len(pods), sum(1 for p in pods if is_ready(p)))
        set["status"]["currentReplicas"] = set["status"]["updatedReplicas"] = len(pods)
        self.save(STATEFUL_SETS, set)

    # Jobs.

    def job(self, job):
        status, spec, uid = job["status"], job["spec"], job["metadata"]["uid"]
        if any(c["type"] in ("Complete", "Failed") for c in status.get("conditions", [])):
            return
        status.setdefault("startTime", now())
        begun = self.jobs_ended.setdefault((uid, "begun"), time.monotonic())
        pods = self.owned(job, PODS)
        failed = sum(1 for p in pods if p["status"].get("phase") == "Failed")
        succeeded = sum(1 for p in pods if p["status"].get("phase") == "Succeeded")
        active = [p for p in pods if not is_over(p)]
        deadline = spec.get("activeDeadlineSeconds")
        if deadline and time.monotonic() - begun > self.cluster.seconds(deadline):
            for pod in active:
                self.store.delete(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])
            self.end_job(job, "Failed", "DeadlineExceeded",
                         "Job was active longer than specified deadline")
        elif succeeded >= spec["completions"] or failed > spec["backoffLimit"]:
            # A real controller takes its time to say so.
            ended = self.jobs_ended.setdefault(uid, time.monotonic())
            due = ended + self.cluster.seconds(2.0 if failed > spec["backoffLimit"] else 1.0)
            if time.monotonic() < due:
                self.cluster.wake(due)
            elif failed > spec["backoffLimit"]:
                self.end_job(job, "Failed", "BackoffLimitExceeded",
                             "Job has reached the specified backoff limit")
            else:
                status["completionTime"] = now()
                self.end_job(job, "Complete", "CompletionsReached", "Reached expected number of"
                             " succeeded pods")
        elif not active and not spec.get("suspend"):
            self.make_pod(JOBS, job, job["metadata"]["name"] + "-")
            active = [None]
        if deadline:
            self.cluster.wake(begun + self.cluster.seconds(deadline) + 0.01)
        for name, count in (("active", len(active)), ("failed", failed), ("succeeded", succeeded)):
            if count:
                status[name] = count
            else:
                status.pop(name, None)
        self.save(JOBS, job)

    def end_job(self, job, type, reason, message):
        self.cluster.condition(job, type, "True", reason, message)
        self.cluster.event(
            JOBS, job, "Normal" if type == "Complete" else "Warning",
            "Completed" if type == "Complete" else reason, message, "job-controller")

    # Services.

    def service(self, service):
        wanted, place = traffic.endpoint_slice(self.store, service), service["metadata"]["namespace"]
        live = self.store.get(SLICES, place, wanted["metadata"]["name"])
        if live is None:
            wanted["metadata"]["ownerReferences"] = [self.reference(service)]
            self.store.create(SLICES, place, wanted, "endpointslice-controller")
        elif any(live.get(name) != wanted[name] for name in ("ports", "endpoints")):
            self.store.put(
                SLICES, {**live, "ports": wanted["ports"], "endpoints": wanted["endpoints"]},
                "MODIFIED")

    # Ends.

    def namespace(self, namespace):
        if not namespace["metadata"].get("deletionTimestamp"):
            return
        name = namespace["metadata"]["name"]
        for (_, place, _), object in list(self.store.objects.items()):
            if place == name:
                self.store.remove(BY_PLURAL[self.plural(object)], object)
        self.store.remove(NAMESPACES, namespace)

    @staticmethod
    def plural(object):
        return next(k.plural for k in BY_PLURAL.values() if k.kind == object["kind"])

    def collect_first(self, owner):
        """Removes what belongs to an object, and then the object."""
        pods = self.owned(owner, PODS)
        for pod in pods:
            self.store.delete(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])
        if not pods:
            self.store.remove(BY_PLURAL[self.plural(owner)], owner)

    def collect(self):
        """Removes what belonged to something that is gone."""
        for object in list(self.store.objects.values()):
            if FOREGROUND in object["metadata"].get("finalizers", []):
                self.collect_first(object)
        alive = {o["metadata"]["uid"] for o in self.store.objects.values()}
        for (_, place, _), object in list(self.store.objects.items()):
            owners = object["metadata"].get("ownerReferences")
            if owners and not any(owner["uid"] in alive for owner in owners):
                meta = object["metadata"]
                kind = BY_PLURAL[self.plural(object)]
                if self.store.get(kind, place, meta["name"]) is not None:
                    self.store.delete(kind, place, meta["name"])
