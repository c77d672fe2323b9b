"""What Helm's client sends in protobuf and not in JSON: its Secrets, and how they are deleted.

https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
"""

import base64

MAGIC = b"k8s\0"
META = {1: "name", 3: "namespace", 5: "uid", 6: "resourceVersion"}


def decoded(body):
    """The object in `body`, as JSON would have it; None for a kind that is not known here."""
    if not body:
        return {}
    if not body.startswith(MAGIC):
        raise ValueError("no protobuf of Kubernetes")
    outer = dict(fields(body[len(MAGIC):]))
    kind = text(dict(fields(outer[1]))[2])
    if kind == "Secret":
        return {"kind": kind, "apiVersion": "v1", **secret(outer[2])}
    if kind == "DeleteOptions":
        given = dict(fields(outer.get(2, b"")))
        return {"propagationPolicy": text(given[4])} if 4 in given else {}
    return None


def secret(data):
    made = {"metadata": {}, "data": {}}
    for number, value in fields(data):
        if number == 1:
            made["metadata"] = metadata(value)
        elif number == 2:
            name, content = entry(value)
            made["data"][name] = base64.b64encode(content).decode()
        elif number == 3:
            made["type"] = text(value)
    return made


def metadata(data):
    made = {}
    for number, value in fields(data):
        if number in META and value:
            made[META[number]] = text(value)
        elif number in (11, 12):
            name, content = entry(value)
            made.setdefault({11: "labels", 12: "annotations"}[number], {})[name] = text(content)
    return made


def entry(data):
    """One member of a map: its name and its bytes."""
    given = dict(fields(data))
    return text(given.get(1, b"")), given.get(2, b"")


def text(data):
    return data.decode()


def fields(data):
    """The fields of a message as (number, value): bytes where they have a length, else a number."""
    place = 0
    while place < len(data):
        key, place = varint(data, place)
        if key & 7 == 0:
            value, place = varint(data, place)
        elif key & 7 == 2:
            size, place = varint(data, place)
            value, place = data[place:place + size], place + size
        else:
            raise ValueError(f"a field of type {key & 7}")
        yield key >> 3, value


def varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        value, shift, place = value | (byte & 127) << shift, shift + 7, place + 1
        if byte < 128:
            return value, place
