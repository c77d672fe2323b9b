"""What clients of a Service get: the subresource `proxy`, answered by the pods that are ready.

A pod answers as the service would, with the revision that its container is told. One whose image is
of the scenario `unwell` is ready and fails all the same.
"""

import itertools
import re

from kinds import BY_PLURAL, PODS
from store import Refused

SERVICES = BY_PLURAL["services"]
_turn = itertools.count()


def answer(store, namespace, name):
    """The status, the body and the headers of one answer."""
    service = store.find(SERVICES, namespace, name.split(":")[0])
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
    headers = {"X-Revision": variable["value"] for variable in container.get("env", [])
               if variable["name"] == "REVISION"}
    is_unwell = re.search(r"[-:]unwell(:|@|$)", container.get("image", ""))
    return (500, '{"status":"error"}', headers) if is_unwell else (200, '{"status":"ok"}', headers)


def _serves(pod, selector):
    meta = pod["metadata"]
    labels = meta.get("labels") or {}
    conditions = pod["status"].get("conditions") or []
    return ("deletionTimestamp" not in meta
            and all(labels.get(key) == value for key, value in selector.items())
            and any(c["type"] == "Ready" and c["status"] == "True" for c in conditions))
