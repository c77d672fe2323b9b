"""What clients of a Service get: which pods it sends them to, and what those answer.

A pod answers as the service would, with the revision that its container is told. One whose image is
of the scenario `unwell` is ready and fails all the same.
"""

import re

from kinds import PODS


def endpoint_slice(store, service):
    """The EndpointSlice of a Service, as its controller keeps it."""
    meta, spec = service["metadata"], service["spec"]
    selector = spec.get("selector") or {}
    pods = [pod for (resource, place, _), pod in sorted(store.objects.items())
            if resource == PODS.resource and place == meta["namespace"]
            and all((pod["metadata"].get("labels") or {}).get(key) == value
                    for key, value in selector.items())
            and pod["status"].get("phase") == "Running"]
    ports = {number for pod in pods for number in _ports(pod)}
    return {
        "metadata": {
            "name": meta["name"] + "-slice", "namespace": meta["namespace"],
            "labels": {"kubernetes.io/service-name": meta["name"]}},
        "addressType": "IPv4",
        "ports": [{"name": port.get("name"), "protocol": "TCP", "port": min(ports, default=0)}
                  for port in (spec.get("ports") or [])[:1]],
        "endpoints": [{
            "addresses": ["127.0.0.1"],
            "conditions": {
                "ready": _is_ready(pod) and not _leaves(pod), "serving": _is_ready(pod),
                "terminating": _leaves(pod)},
            "targetRef": {
                "kind": "Pod", "name": pod["metadata"]["name"],
                "namespace": meta["namespace"], "uid": pod["metadata"]["uid"]}} for pod in pods]}


def listens(pod, port):
    """Whether somebody takes connections there."""
    if pod is None or port not in _ports(pod):
        return False
    return any("running" in status.get("state", {})
               for status in pod["status"].get("containerStatuses", []))


def answer_of(container):
    """The status, the body and the headers of an answer."""
    headers = {"X-Revision": variable["value"] for variable in container.get("env", [])
               if variable["name"] == "REVISION"}
    is_unwell = re.search(r"[-:]unwell(:|@|$)", container.get("image", ""))
    return (500, '{"status":"error"}', headers) if is_unwell else (200, '{"status":"ok"}', headers)


def _ports(pod):
    return {port["containerPort"] for container in pod["spec"]["containers"]
            for port in container.get("ports", []) if port.get("name", "http") == "http"}


def _leaves(pod):
    return "deletionTimestamp" in pod["metadata"]


def _is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True"
               for c in pod["status"].get("conditions") or [])
