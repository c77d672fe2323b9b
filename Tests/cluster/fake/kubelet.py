"""Plays scheduler and kubelet: what becomes of a pod, told as one story for each scenario.

A scenario is named by the annotation `fake/scenario` of the pod, or by the end of its image's name
or tag: `registry.example/app-crash`, `registry.example/app:oom@sha256:...`; with `service-` before
it, as in `app:1-service-volume`, no Job of that image plays it. What its annotation `fake/says`
holds it writes as a line of its own. Waits are those of a real cluster, in seconds
after the pod was made; the cluster's speed makes them shorter.
"""

import re

from kinds import PODS
from store import Refused, micro_now, now

NODE = "node-1"
# Of every pod, of those of Jobs alone, of all others alone.
ANY = {"image-missing", "image-unreachable", "image-hiccup", "config-error", "unschedulable",
       "unschedulable-briefly", "quota", "admission", "volume", "program-missing"}
OF_JOBS = {"backup-fails", "drill-fails", "job-fails", "job-unsafe", "job-usage", "job-oom", "job-slow", "job-hangs",
           "job-evicted"}
OF_SERVICES = {"crash", "late-crash", "crash-silent", "oom", "never-ready", "unhealthy-once",
               "slow", "evicted", "evicted-again", "startup-probe", "liveness-probe"}
# Restarts wait longer and longer; at most so long.
RESTART_PAUSE, RESTART_PAUSE_MAX = 10.0, 300.0
# How long a pod that is to go answers: as one that drains, longer than nodes send to it, and than
# those on a busy machine take to hear of it.
DRAIN_SECONDS = 3


def scenario(template, is_job):
    """The story of a pod with that template."""
    meta, spec = template.get("metadata") or {}, template.get("spec") or {}
    named = (meta.get("annotations") or {}).get("fake/scenario")
    if named:
        return named
    known = ANY | (OF_JOBS if is_job else OF_SERVICES)
    for container in spec.get("containers", []):
        name = re.sub(r"@sha256:.*$", "", container.get("image", "")).rsplit("/", 1)[-1]
        for candidate in sorted(known, key=len, reverse=True):
            if is_job and re.search(f"[-:]service-{candidate}(:|$)", name):
                return "good"
            if re.search(f"(^|[-:]){candidate}(:|$)", name):
                return candidate
    return "good"


class Lines:
    """What one run of a container wrote, each line with its moment."""

    def __init__(self):
        self.entries, self.ended = [], False

    def written(self):
        return list(self.entries)

    def write(self, *lines):
        self.entries += [(micro_now(), line) for line in lines]


class Kubelet:
    def __init__(self, cluster):
        self.cluster, self.store = cluster, cluster.store
        # By pod's uid: runs of its container, the last one last.
        self.runs = {}
        self.started = set()
        # What Jobs of backups have put into their store: name, state, moment.
        self.backups = []

    def lines(self, pod, container, previous):
        runs = self.runs.get(pod["metadata"]["uid"], [])
        names = [c["name"] for c in pod["spec"]["containers"]]
        if container and container not in names:
            raise Refused(400, "BadRequest", f"container {container} is not valid for pod"
                          f' {pod["metadata"]["name"]}')
        if previous and len(runs) < 2:
            raise Refused(
                400, "BadRequest", f'previous terminated container "{names[0]}" in pod'
                f' "{pod["metadata"]["name"]}" not found')
        if not runs:
            raise Refused(
                400, "BadRequest", f'container "{names[0]}" in pod'
                f' "{pod["metadata"]["name"]}" is waiting to start: ContainerCreating')
        return runs[-2] if previous else runs[-1]

    def look(self):
        """Begins the story of new pods, and ends that of pods that are to go."""
        for pod in [o for (r, _, _), o in self.store.objects.items() if r == PODS.resource]:
            uid = pod["metadata"]["uid"]
            if uid not in self.started:
                self.started.add(uid)
                self.cluster.tell_story(self.life(uid, pod), uid)
            if pod["metadata"].get("deletionTimestamp") and (uid, "end") not in self.started:
                self.started.add((uid, "end"))
                self.cluster.tell_story(self.end(pod), None)

    def pod(self, uid):
        for (resource, _, _), pod in self.store.objects.items():
            if resource == PODS.resource and pod["metadata"]["uid"] == uid:
                return pod
        return None

    def life(self, uid, pod):
        owners = pod["metadata"].get("ownerReferences") or [{}]
        is_job = owners[0].get("kind") == "Job"
        name = scenario({"metadata": pod["metadata"], "spec": pod["spec"]}, is_job)
        yield 0.02
        if name.startswith("unschedulable"):
            yield from self.unschedulable(uid)
            if name == "unschedulable":
                return
        self.schedule(uid)
        yield 0.2
        unable = {"config-error": self.config_error, "volume": self.volume,
                  "program-missing": self.program_missing}.get(name)
        if unable:
            yield from unable(uid)
            return
        if name.startswith("image-"):
            yield from self.pull(uid, name)
            if name != "image-hiccup":
                return
        else:
            self.event(uid, "Normal", "Pulled", "Container image is present on machine")
        yield 0.2
        if is_job:
            yield from self.job(uid, name)
        else:
            yield from self.service(uid, name)

    # Before a container runs.

    def schedule(self, uid):
        pod = self.pod(uid)
        pod["spec"]["nodeName"] = NODE
        self.condition(pod, "PodScheduled", "True")
        for type in ("Initialized", "PodReadyToStartContainers"):
            self.condition(pod, type, "True")
        self.condition(pod, "Ready", "False", "ContainersNotReady")
        pod["status"].update(hostIP="192.0.2.10", startTime=now())
        self.containers(pod, {"waiting": {"reason": "ContainerCreating"}})
        self.event(uid, "Normal", "Scheduled", f"Successfully assigned {self.of(pod)} to {NODE}")

    def unschedulable(self, uid):
        message = "0/1 nodes are available: 1 Insufficient cpu."
        self.condition(self.pod(uid), "PodScheduled", "False", "Unschedulable", message)
        self.save(self.pod(uid))
        self.event(uid, "Warning", "FailedScheduling", message)
        yield 5

    def config_error(self, uid):
        message = 'secret "no-such-secret" not found'
        while True:
            self.wait(uid, "CreateContainerConfigError", message)
            self.event(uid, "Warning", "Failed", f"Error: {message}")
            yield 12

    def volume(self, uid):
        message = ('MountVolume.SetUp failed for volume "settings" : configmap'
                   ' "slipway-settings" not found')
        self.condition(self.pod(uid), "PodReadyToStartContainers", "False")
        self.save(self.pod(uid))
        while True:
            self.event(uid, "Warning", "FailedMount", message)
            yield 12

    def program_missing(self, uid):
        message = ("failed to create containerd task: failed to create shim task: OCI runtime"
                   " create failed: runc create failed: unable to start container process: exec:"
                   ' "/usr/bin/nothing": stat /usr/bin/nothing: no such file or directory: unknown')
        ending = {"reason": "StartError", "exitCode": 128, "message": message,
                  "startedAt": "1970-01-01T00:00:00Z"}
        while True:
            self.event(uid, "Warning", "Failed", f"Error: {message}", in_container=True)
            self.containers(
                self.pod(uid), {"waiting": {"reason": "RunContainerError", "message": message}},
                last={"terminated": {**ending, "finishedAt": now()}})
            yield 12

    def pull(self, uid, name):
        image = self.pod(uid)["spec"]["containers"][0]["image"]
        cause = "not found" if name == "image-missing" else "dial tcp: i/o timeout"
        message = f'rpc error: failed to pull and unpack image "{image}": {cause}'
        pause = 13.0
        self.event(uid, "Normal", "Pulling", f'Pulling image "{image}"')
        while True:
            yield 0.25
            self.event(uid, "Warning", "Failed", f'Failed to pull image "{image}": {message}')
            self.event(uid, "Warning", "Failed", "Error: ErrImagePull")
            yield 0.75
            self.wait(uid, "ErrImagePull", message)
            yield pause
            if name == "image-hiccup":
                return
            self.event(uid, "Normal", "BackOff", f'Back-off pulling image "{image}"')
            self.wait(uid, "ImagePullBackOff", f'Back-off pulling image "{image}": {message}')
            pause = min(RESTART_PAUSE_MAX, 2 * pause)
            yield pause

    # While a container runs.

    def service(self, uid, name):
        crash = {
            "crash": ("Error", 1, ["starting", "error: DATABASE_URL is not set"]),
            "crash-silent": ("Error", 1, []),
            "late-crash": ("Error", 139, ["starting", "listening"]),
            "oom": ("OOMKilled", 137, ["starting", "loading everything into memory"])}.get(name)
        if crash:
            yield from self.crash(uid, *crash, after=30 if name == "late-crash" else 0.8)
            return
        if name in ("startup-probe", "liveness-probe"):
            yield from self.killed(uid, name.removesuffix("-probe"))
            return
        self.run(uid, "starting")
        if name == "slow":
            for part in range(1, 11):
                yield 2
                self.runs[uid][-1].write(f"warming up, {part} of 10")
                self.event(uid, "Warning", "Unhealthy", self.unhealthy(503))
        owner = self.pod(uid)["metadata"].get("ownerReferences", [{}])[0].get("uid", uid)
        if name == "evicted" and (owner, "evicted") not in self.started:
            # The first of its ReplicaSet alone: the next one finds room.
            self.started.add((owner, "evicted"))
            yield 1
            yield from self.evict(uid)
            return
        if name == "evicted-again":
            # Every one of them: no node has room.
            yield 10
            yield from self.evict(uid)
            return
        if name in ("never-ready", "unhealthy-once"):
            self.event(uid, "Warning", "Unhealthy", self.unhealthy(503))
            while name == "never-ready":
                yield 2
                self.event(uid, "Warning", "Unhealthy", self.unhealthy(503))
        yield 0.6
        self.runs[uid][-1].write("listening")
        self.ready(uid)

    @staticmethod
    def unhealthy(status):
        return f"Readiness probe failed: HTTP probe failed with statuscode: {status}"

    def killed(self, uid, probe):
        """Answers no probe, and is killed and started again for one kind of them."""
        restarts = 0
        while True:
            self.run(uid, "starting", restarts=restarts)
            pod = self.pod(uid)
            pod["status"]["containerStatuses"][0]["started"] = probe != "startup"
            self.save(pod)
            for _ in range(3):
                yield 1
                self.event(
                    uid, "Warning", "Unhealthy", f"{probe.capitalize()} probe failed: HTTP probe"
                    " failed with statuscode: 404", in_container=True)
            name = pod["spec"]["containers"][0]["name"]
            self.event(uid, "Normal", "Killing", f"Container {name} failed {probe} probe, will be"
                       " restarted", in_container=True)
            yield 2
            self.stop(uid, "Error", 137)
            restarts += 1
            yield 0.1

    def crash(self, uid, reason, code, lines, after):
        restarts, pause = 0, RESTART_PAUSE
        while True:
            self.run(uid, *lines, restarts=restarts)
            if after > 1:
                yield 0.6
                self.ready(uid)
            yield after
            self.stop(uid, reason, code)
            yield 0.07
            if restarts == 0:
                restarts += 1
                continue
            yield 0.9
            pod = self.pod(uid)
            name = pod["spec"]["containers"][0]["name"]
            self.event(uid, "Warning", "BackOff", f"Back-off restarting failed container {name}"
                       f" in pod {pod['metadata']['name']}")
            yield 1.0
            self.wait(uid, "CrashLoopBackOff", f"back-off {int(pause)}s restarting failed"
                      f" container={name} pod={self.of(pod)}")
            yield pause
            pause = min(RESTART_PAUSE_MAX, 2 * pause)
            restarts += 1

    def job(self, uid, name):
        arguments = self.pod(uid)["spec"]["containers"][0].get("args") or []
        if arguments[:1] == ["backup"] and name != "job-evicted":
            yield from self.backup(uid, name, arguments[1])
            return
        self.run(uid, "migrating", "0001_create_people: applied")
        if name == "job-evicted":
            yield 1
            yield from self.evict(uid)
            return
        parts = {"job-slow": 20, "job-hangs": 100_000}.get(name, 2)
        for part in range(parts):
            yield 1
            self.runs[uid][-1].write(f"step {part + 1} of {parts}")
        if name == "job-fails":
            self.runs[uid][-1].write('error: column "nickname" already exists')
            self.stop(uid, "Error", 24)
        elif name == "job-unsafe":
            self.runs[uid][-1].write("error: the release that serves could not run on it")
            self.stop(uid, "Error", 10)
        elif name == "job-usage":
            self.runs[uid][-1].write("error: unknown option '--serving'")
            self.stop(uid, "Error", 64)
        elif name == "job-oom":
            self.stop(uid, "OOMKilled", 137)
        else:
            self.runs[uid][-1].write("done")
            self.stop(uid, "Completed", 0)

    def backup(self, uid, name, task):
        """What `ops backup run`, `list` and `drill` do, in a store of the fake's own."""
        self.run(uid, f"backup {task}")
        for _ in range(100_000 if name == "job-hangs" else 2):
            yield 1
        ending = {"backup-fails": ("run", 31, "error: the store refused: AccessDenied"),
                  "drill-fails": ("drill", 32, "error: table people: 10 rows, 9 restored")}.get(name)
        if ending and ending[0] == task:
            self.runs[uid][-1].write(ending[2])
            self.stop(uid, "Error", ending[1])
            return
        if task == "run":
            number = len(self.backups) + 1
            moment = now()
            digits = re.sub(r"[-:]", "", moment)
            self.backups.append([f"{digits}-{number:08x}", "uploaded", moment])
            self.runs[uid][-1].write(f"{self.backups[-1][0]} of testing: custom 1.0 MiB in s3://b")
        elif task == "drill":
            self.backups[-1][1] = "proven"
            self.runs[uid][-1].write(f"proven  {self.backups[-1][0]}  testing")
        else:
            lines = ["  ".join(backup) for backup in reversed(self.backups)]
            self.runs[uid][-1].write(*(["BACKUP  STATE  OF", *lines] if lines else ["no backup"]))
        self.stop(uid, "Completed", 0)

    def evict(self, uid):
        pod = self.pod(uid)
        message = "The node was low on resource: ephemeral-storage."
        # Told of with its end, as one: no pod that just died may be seen in between.
        pod["status"].update(phase="Failed", reason="Evicted", message=message)
        self.stop(uid, "Error", 137)
        self.event(uid, "Warning", "Evicted", message)
        yield 0

    def end(self, pod):
        """The end of a pod that was deleted: it answers for as long as nodes may still send to it."""
        uid = pod["metadata"]["uid"]
        # Those who follow where a Service leads do so in time that no speed makes shorter.
        given = pod["metadata"].get("deletionGracePeriodSeconds", 30)
        yield DRAIN_SECONDS / self.cluster.factor if given > 0 else 0
        live = self.pod(uid)
        if live is None:
            return
        for lines in self.runs.get(uid, []):
            lines.ended = True
        self.event(uid, "Normal", "Killing", "Stopping container")
        self.store.remove(PODS, live)

    # What a story is made of.

    @staticmethod
    def of(pod):
        return f"{pod['metadata'].get('namespace')}/{pod['metadata']['name']}"

    def save(self, pod):
        self.store.put(PODS, pod, "MODIFIED")

    def event(self, uid, type, reason, message, in_container=False):
        pod = self.pod(uid)
        if pod is not None:
            name = pod["spec"]["containers"][0]["name"]
            self.cluster.event(
                PODS, pod, type, reason, message, source="kubelet",
                field=f"spec.containers{{{name}}}" if in_container else None)

    def condition(self, pod, type, status, reason=None, message=None):
        self.cluster.condition(pod, type, status, reason, message)

    def containers(self, pod, state, ready=False, restarts=None, last=None):
        """The state of the first container; the others just run with it."""
        before = {c["name"]: c for c in pod["status"].get("containerStatuses", [])}
        statuses = []
        for index, container in enumerate(pod["spec"]["containers"]):
            known = before.get(container["name"], {})
            status = {
                "name": container["name"], "image": container["image"],
                "imageID": container["image"], "ready": ready, "started": "running" in state,
                "restartCount": known.get("restartCount", 0),
                "state": state, "lastState": known.get("lastState", {})}
            if index == 0 and restarts is not None:
                status["restartCount"] = restarts
            if index == 0 and last is not None:
                status["lastState"] = last
            statuses.append(status)
        pod["status"]["containerStatuses"] = statuses
        self.save(pod)

    def wait(self, uid, reason, message):
        pod = self.pod(uid)
        last = pod["status"]["containerStatuses"][0]["state"]
        self.containers(
            pod, {"waiting": {"reason": reason, "message": message}},
            last=last if "terminated" in last else None)

    def run(self, uid, *lines, restarts=0):
        pod = self.pod(uid)
        runs = self.runs.setdefault(uid, [])
        runs.append(Lines())
        said = (pod["metadata"].get("annotations") or {}).get("fake/says")
        runs[-1].write(*lines, *([said] if said else []))
        pod["status"]["phase"] = "Running"
        self.condition(pod, "Ready", "False", "ContainersNotReady")
        last = (pod["status"].get("containerStatuses") or [{}])[0].get("state", {})
        if "terminated" not in last:
            last = (pod["status"].get("containerStatuses") or [{}])[0].get("lastState", {})
        self.containers(pod, {"running": {"startedAt": now()}}, restarts=restarts, last=last)
        self.event(uid, "Normal", "Started", "Started container")

    def ready(self, uid):
        pod = self.pod(uid)
        pod["status"].update(podIP="192.0.2.20", podIPs=[{"ip": "192.0.2.20"}])
        self.condition(pod, "ContainersReady", "True")
        self.condition(pod, "Ready", "True")
        self.containers(pod, pod["status"]["containerStatuses"][0]["state"], ready=True)

    def stop(self, uid, reason, code):
        pod = self.pod(uid)
        lines = self.runs[uid][-1]
        lines.ended = True
        state = pod["status"]["containerStatuses"][0]["state"]
        begun = state.get("running", {}).get("startedAt", now())
        self.condition(pod, "Ready", "False", "ContainersNotReady")
        if pod["spec"]["restartPolicy"] == "Never":
            pod["status"]["phase"] = "Failed" if code else "Succeeded"
        self.containers(pod, {"terminated": {
            "reason": reason, "exitCode": code, "startedAt": begun, "finishedAt": now()}})
