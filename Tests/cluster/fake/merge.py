"""Patches: merge, strategic merge, JSON patch, server-side apply, as far as rollouts use them."""

import copy

# Lists whose elements have a name of their own; all others are replaced whole.
LIST_KEYS = {
    "containers": "name", "initContainers": "name", "env": "name", "volumes": "name",
    "volumeMounts": "mountPath", "ports": None, "conditions": "type", "ownerReferences": "uid",
    "imagePullSecrets": "name", "tolerations": None}


def key_of(name, elements):
    """What tells the elements of the list called `name` apart, None where nothing does."""
    key = LIST_KEYS.get(name)
    if name == "ports":
        key = "containerPort" if any("containerPort" in e for e in elements) else "port"
    return key if key and all(isinstance(e, dict) and key in e for e in elements) else None


def merge(target, patch):
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


def merge_lists(name, target, patch, combine):
    key = key_of(name, target + patch)
    if key is None:
        return copy.deepcopy(patch)
    result = {element[key]: element for element in target}
    for element in patch:
        known = result.get(element[key])
        if element.get("$patch") == "delete":
            result.pop(element[key], None)
        else:
            result[element[key]] = combine(known, element) if known else copy.deepcopy(element)
    return list(result.values())


def strategic(target, patch):
    """As merge, but named elements of lists are merged."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, list) and isinstance(result.get(name), list):
            result[name] = merge_lists(name, result[name], value, strategic)
        else:
            result[name] = strategic(result.get(name), value)
    return result


def apply(live, before, wanted):
    """`live` with all that `wanted` says, without what `before` said and `wanted` does not."""
    return strategic(without(live, before or {}, wanted), wanted)


def unshared(own, others):
    """`own` without the fields that somebody else has applied as well."""
    if not isinstance(own, dict) or not isinstance(others, dict):
        return own
    return {
        name: unshared(value, others[name]) if name in others else value
        for name, value in own.items() if name not in others or isinstance(value, dict)}


def fields(object):
    """The fields of an object, as `managedFields` has them."""
    return {f"f:{name}": fields(value) if isinstance(value, dict) else {}
            for name, value in object.items()}


def without(live, before, wanted):
    result = dict(live)
    for name, value in before.items():
        if name not in result or name in ("apiVersion", "kind"):
            continue
        if name not in wanted:
            result.pop(name)
        elif isinstance(value, dict) and isinstance(result[name], dict):
            result[name] = without(result[name], value, wanted[name] or {})
        elif isinstance(value, list) and isinstance(result[name], list):
            result[name] = without_elements(name, result[name], value, wanted[name] or [])
    return result


def without_elements(name, live, before, wanted):
    key = key_of(name, live + before + wanted)
    if key is None:
        return live
    old, new = ({e[key]: e for e in elements} for elements in (before, wanted))
    result = []
    for element in live:
        name = element[key]
        if name in old and name not in new:
            continue
        result.append(without(element, old[name], new[name]) if name in old else element)
    return result


def json_patch(target, steps):
    """RFC 6902: add, replace, remove and test."""
    result = copy.deepcopy(target)
    for step in steps:
        parts = [p.replace("~1", "/").replace("~0", "~") for p in step["path"].split("/")[1:]]
        place = result
        for part in parts[:-1]:
            place = place[int(part) if isinstance(place, list) else part]
        last = parts[-1]
        if isinstance(place, list) and last != "-":
            last = int(last)
        if step["op"] == "test":
            if place[last] != step["value"]:
                raise ValueError(f"test of {step['path']} failed")
        elif step["op"] == "remove":
            del place[last]
        elif isinstance(place, list) and step["op"] == "add":
            place.insert(len(place) if last == "-" else last, step["value"])
        else:
            place[last] = step["value"]
    return result
