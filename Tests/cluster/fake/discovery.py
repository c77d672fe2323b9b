"""What the API server says of itself: enough for kubectl to find kinds and to apply objects."""

from kinds import KINDS

VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
SHORT = {
    "pods": ["po"], "services": ["svc"], "deployments": ["deploy"], "replicasets": ["rs"],
    "namespaces": ["ns"], "configmaps": ["cm"], "events": ["ev"], "statefulsets": ["sts"]}


ALL = ("pods", "services", "deployments", "replicasets", "statefulsets", "jobs")


def versions():
    return sorted({(kind.group, kind.version) for kind in KINDS})


def document(path):
    """The document at `path`, None where there is none."""
    parts = path.strip("/").split("/")
    if path == "/version":
        return {"major": "1", "minor": "34", "gitVersion": "v1.34.0", "platform": "linux/amd64"}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
            group(name, version) for name, version in versions() if name]}
    if path == "/openapi/v3":
        return {"paths": {
            root(name, version).lstrip("/"):
                {"serverRelativeURL": "/openapi/v3" + root(name, version)}
            for name, version in versions()}}
    if parts[:2] == ["openapi", "v3"]:
        return schema(parts[2:])
    if parts[0] == "api" and len(parts) == 2:
        return resources("", parts[1])
    if parts[0] == "apis" and len(parts) == 2:
        found = [version for name, version in versions() if name == parts[1]]
        return {"kind": "APIGroup", "apiVersion": "v1", **group(parts[1], found[0])} \
            if found else None
    if parts[0] == "apis" and len(parts) == 3:
        return resources(parts[1], parts[2])
    return None


def root(group, version):
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


def group(name, version):
    entry = {"groupVersion": f"{name}/{version}", "version": version}
    return {"name": name, "versions": [entry], "preferredVersion": entry}


def resources(group, version):
    found = [kind for kind in KINDS if (kind.group, kind.version) == (group, version)]
    if not found:
        return None
    entries = []
    for kind in found:
        entries.append({
            "name": kind.plural, "singularName": kind.kind.lower(), "kind": kind.kind,
            "namespaced": kind.namespaced, "verbs": VERBS,
            "shortNames": SHORT.get(kind.plural, []),
            "categories": ["all"] if kind.plural in ALL else []})
        for part in kind.subresources:
            entries.append({
                "name": f"{kind.plural}/{part}", "singularName": "", "kind": kind.kind,
                "namespaced": kind.namespaced, "verbs": ["get", "patch", "update"]})
    return {
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": found[0].api_version,
        "resources": entries}


def schema(parts):
    """Says of every kind that the server itself validates its fields."""
    group, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
    paths = {}
    for kind in KINDS:
        if (kind.group, kind.version) != (group, version):
            continue
        place = "/namespaces/{namespace}" if kind.namespaced else ""
        gvk = {"group": group, "version": version, "kind": kind.kind}
        parameters = [
            {"name": name, "in": "query", "schema": {"type": "string"}}
            for name in ("dryRun", "fieldManager", "fieldValidation", "force")]
        paths[f"{root(group, version)}{place}/{kind.plural}/{{name}}"] = {"patch": {
            "parameters": parameters, "x-kubernetes-group-version-kind": gvk,
            "x-kubernetes-action": "patch", "responses": {"200": {"description": "OK"}}}}
    return {
        "openapi": "3.0.0", "info": {"title": "fake", "version": "v1"}, "paths": paths,
        "components": {"schemas": {}}}
