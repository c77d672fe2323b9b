"""The kinds that the fake cluster knows, and the defaults that the API fills in."""

import copy
from typing import NamedTuple


class Kind(NamedTuple):
    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    subresources: tuple = ()

    @property
    def api_version(self):
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self):
        """As error messages name it: `leases.coordination.k8s.io`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


STATUS, SCALED = ("status",), ("status", "scale")
KINDS = [
    Kind("", "v1", "namespaces", "Namespace", False, STATUS),
    Kind("", "v1", "nodes", "Node", False, STATUS),
    Kind("", "v1", "pods", "Pod", True, ("status", "log", "eviction")),
    Kind("", "v1", "services", "Service", True, STATUS),
    Kind("", "v1", "endpoints", "Endpoints"),
    Kind("", "v1", "configmaps", "ConfigMap"),
    Kind("", "v1", "secrets", "Secret"),
    Kind("", "v1", "events", "Event"),
    Kind("", "v1", "serviceaccounts", "ServiceAccount"),
    Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", True, STATUS),
    Kind("", "v1", "resourcequotas", "ResourceQuota", True, STATUS),
    Kind("", "v1", "limitranges", "LimitRange"),
    Kind("apps", "v1", "deployments", "Deployment", True, SCALED),
    Kind("apps", "v1", "replicasets", "ReplicaSet", True, SCALED),
    Kind("apps", "v1", "statefulsets", "StatefulSet", True, SCALED),
    Kind("apps", "v1", "daemonsets", "DaemonSet", True, STATUS),
    Kind("batch", "v1", "jobs", "Job", True, STATUS),
    Kind("batch", "v1", "cronjobs", "CronJob", True, STATUS),
    Kind("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", True, STATUS),
    Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True, STATUS),
    Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"),
    Kind("networking.k8s.io", "v1", "ingresses", "Ingress", True, STATUS),
    Kind("rbac.authorization.k8s.io", "v1", "roles", "Role"),
    Kind("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
    Kind("coordination.k8s.io", "v1", "leases", "Lease"),
    Kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
    Kind("gateway.networking.k8s.io", "v1", "gateways", "Gateway", True, STATUS),
    Kind("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute", True, STATUS),
    Kind("monitoring.coreos.com", "v1", "servicemonitors", "ServiceMonitor"),
    Kind("monitoring.coreos.com", "v1", "prometheusrules", "PrometheusRule"),
    Kind("external-secrets.io", "v1", "externalsecrets", "ExternalSecret", True, STATUS),
    Kind("postgresql.cnpg.io", "v1", "clusters", "Cluster", True, STATUS),
    Kind("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview",
         False),
]
BY_PATH = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}
BY_PLURAL = {kind.plural: kind for kind in KINDS}

NAMESPACES, PODS, EVENTS = (BY_PLURAL[name] for name in ("namespaces", "pods", "events"))
DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, JOBS = (
    BY_PLURAL[name] for name in ("deployments", "replicasets", "statefulsets", "jobs"))


def fill(object, defaults):
    """Puts `defaults` where `object` says nothing."""
    for name, value in defaults.items():
        if name not in object:
            object[name] = copy.deepcopy(value)
        elif isinstance(value, dict) and isinstance(object[name], dict):
            fill(object[name], value)


POD = {
    "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
    "securityContext": {}, "schedulerName": "default-scheduler"}
CONTAINER = {
    "resources": {}, "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File"}
DEFAULTS = {
    "Namespace": {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}},
    "Deployment": {
        "spec": {
            "replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
            "strategy": {"type": "RollingUpdate"}, "template": {"metadata": {}, "spec": POD}},
        "status": {}},
    "ReplicaSet": {"spec": {"replicas": 1}, "status": {"replicas": 0}},
    "StatefulSet": {
        "spec": {"replicas": 1, "template": {"metadata": {}, "spec": POD}},
        "status": {"replicas": 0}},
    "Job": {
        "spec": {
            "backoffLimit": 6, "completions": 1, "parallelism": 1, "suspend": False,
            "template": {"metadata": {}, "spec": POD}},
        "status": {}},
    "Pod": {"spec": POD, "status": {"phase": "Pending", "qosClass": "Burstable"}},
    "Service": {
        "spec": {"type": "ClusterIP", "sessionAffinity": "None", "clusterIP": "10.96.0.10"},
        "status": {"loadBalancer": {}}},
    "Secret": {"type": "Opaque"},
    "PersistentVolumeClaim": {"status": {"phase": "Bound"}},
}


def complete(object):
    """Fills in what the API server would."""
    fill(object, DEFAULTS.get(object.get("kind"), {}))
    spec = object.get("spec", {})
    if object.get("kind") == "Deployment" and spec["strategy"].get("type") == "RollingUpdate":
        fill(spec["strategy"], {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})
    pod = spec if object.get("kind") == "Pod" else spec.get("template", {}).get("spec", {})
    for container in pod.get("containers", []) + pod.get("initContainers", []):
        fill(container, CONTAINER)
        fill(container, {"imagePullPolicy": "IfNotPresent"})
    if object.get("kind") == "Job" and "selector" not in spec and "uid" in object["metadata"]:
        uid, name = object["metadata"]["uid"], object["metadata"]["name"]
        spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
        fill(spec["template"], {"metadata": {"labels": {
            "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name,
            "controller-uid": uid, "job-name": name}}})
    if object.get("kind") == "Secret" and "stringData" in object:
        import base64
        texts = object.pop("stringData")
        object.setdefault("data", {}).update(
            {name: base64.b64encode(text.encode()).decode() for name, text in texts.items()})
