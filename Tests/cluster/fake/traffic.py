"""What clients of a Service get: the subresource `proxy`, answered by the pods that are ready.

A pod answers as the service would, with the revision that its container is told. One whose image is
of the scenario `unwell` is ready and fails all the same.

A Service with the label of a Gateway is that Gateway: it hands each request to one of the Services
that an HTTPRoute names, as their weights say, and answers 500 where that one is not there.
"""

import itertools
import re

from kinds import BY_PLURAL, PODS
from store import Refused

SERVICES, ROUTES = BY_PLURAL["services"], BY_PLURAL["httproutes"]
# https://gateway-api.sigs.k8s.io/geps/gep-1762/
GATEWAY = "gateway.networking.k8s.io/gateway-name"
_turn = itertools.count()


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
                "ready": _is_ready(pod) and not leaves(pod), "serving": _is_ready(pod),
                "terminating": leaves(pod)},
            "targetRef": {
                "kind": "Pod", "name": pod["metadata"]["name"],
                "namespace": meta["namespace"], "uid": pod["metadata"]["uid"]}} for pod in pods]}


def listens(pod, port):
    """Whether somebody takes connections there."""
    if pod is None or port not in _ports(pod):
        return False
    return runs(pod)


def runs(pod):
    """Whether a container of it does."""
    return any("running" in status.get("state", {})
               for status in pod["status"].get("containerStatuses", []))


def answer(store, namespace, name):
    """The status, the body and the headers of one answer."""
    service = store.find(SERVICES, namespace, name.split(":")[0])
    gateway = (service["metadata"].get("labels") or {}).get(GATEWAY)
    if gateway:
        service = _backend(store, namespace, gateway)
        if service is None:
            return 500, "", {}
    selector = service["spec"].get("selector") or {}
    with store.changed:
        # Not by copies: clients ask often.
        pods = sorted(((pod["metadata"]["name"], pod["spec"]["containers"][0])
                       for (resource, place, _), pod in store.objects.items()
                      if resource == PODS.resource and place == namespace
                      and _serves(pod, selector)), key=lambda pair: pair[0])
    if not pods:
        raise Refused(
            503, "ServiceUnavailable", f'no endpoints available for service "{name}"')
    _, container = pods[next(_turn) % len(pods)]
    return answer_of(container)


def answer_of(container):
    """The status, the body and the headers of an answer of a pod."""
    headers = {"X-Revision": variable["value"] for variable in container.get("env", [])
               if variable["name"] == "REVISION"}
    is_unwell = re.search(r"[-:]unwell(:|@|$)", container.get("image", ""))
    if is_unwell:
        return 500, '{"status":"error"}', headers
    return 200, '{"status":"ok","schema":{"state":"current","usable":true}}', headers


def _backend(store, namespace, gateway):
    """The Service that the next request through a Gateway goes to, None for one that is not there.

    Requests are shared evenly: of any 100 in a row each has its weight.
    """
    route = next((route for (resource, place, _), route in sorted(store.objects.items())
                  if resource == ROUTES.resource and place == namespace
                  and any(parent.get("name") == gateway
                          for parent in route["spec"].get("parentRefs", []))), None)
    if route is None:
        return None
    backends = [(one["name"], one.get("weight", 1)) for one in
                route["spec"]["rules"][0].get("backendRefs", [])]
    total = sum(weight for _, weight in backends)
    if not total:
        return None
    # A step that shares no factor with 100 visits all of its places.
    place = next(_turn) * 37 % total
    for name, weight in backends:
        if place < weight:
            return store.get(SERVICES, namespace, name)
        place -= weight


def _serves(pod, selector):
    meta = pod["metadata"]
    labels = meta.get("labels") or {}
    conditions = pod["status"].get("conditions") or []
    return ("deletionTimestamp" not in meta
            and all(labels.get(key) == value for key, value in selector.items())
            and any(c["type"] == "Ready" and c["status"] == "True" for c in conditions))


def _ports(pod):
    return {port["containerPort"] for container in pod["spec"]["containers"]
            for port in container.get("ports", []) if port.get("name", "http") == "http"}


def leaves(pod):
    return "deletionTimestamp" in pod["metadata"]


def _is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True"
               for c in pod["status"].get("conditions") or [])
