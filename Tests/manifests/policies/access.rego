# Who may ask the cluster for what, and where secrets are.
package manifests.access

import data.manifests.lib
import rego.v1

about := {
	"automountServiceAccountToken": "no pod gets a token of the cluster by itself",
	"account-token": "no account hands out its token by itself",
	"cluster-admin-role-binding": "nobody is administrator of the cluster",
	"cluster-wide-access": "rights end at the namespace",
	"wildcard-in-rules": "rights are named one by one",
	"access-to-secrets": "nobody reads Secrets through the API",
	"access-to-create-pods": "nobody makes pods, which would have any right that a pod can have",
	"PodExecAttach": "nobody gets into a pod",
	"secret-in-manifest": "no Secret stands in a manifest",
	"sensitiveConfigmapContent": "no ConfigMap has what belongs into a Secret",
	"password-in-address": "no address has a password in it",
	"migration-through-pooler": "migrations go to the database itself",
}

deny contains lib.finding("automountServiceAccountToken", pod.object, "the pod") if {
	some pod in lib.pods
	object.get(pod.spec, "automountServiceAccountToken", true)
}

deny contains lib.finding("account-token", account, "the account") if {
	some account in lib.of_kind("ServiceAccount")
	object.get(account, "automountServiceAccountToken", true)
}

deny contains lib.finding("cluster-admin-role-binding", binding, "cluster-admin") if {
	some binding in input.objects
	binding.kind in {"ClusterRoleBinding", "RoleBinding"}
	binding.roleRef.name == "cluster-admin"
}

deny contains lib.finding("cluster-wide-access", thing, thing.kind) if {
	some thing in input.objects
	thing.kind in {"ClusterRole", "ClusterRoleBinding"}
}

rules := [{"object": role, "rule": rule} |
	some role in input.objects
	role.kind in {"Role", "ClusterRole"}
	some rule in role.rules
]

deny contains lib.finding("wildcard-in-rules", entry.object, field) if {
	some entry in rules
	some field in ["apiGroups", "resources", "verbs"]
	"*" in object.get(entry.rule, field, [])
}

deny contains lib.finding("access-to-secrets", entry.object, verb) if {
	some entry in rules
	"secrets" in object.get(entry.rule, "resources", [])
	some verb in entry.rule.verbs
	verb in {"get", "list", "watch", "*"}
}

pod_makers := {
	"pods", "deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs",
}

deny contains lib.finding("access-to-create-pods", entry.object, resource) if {
	some entry in rules
	some resource in object.get(entry.rule, "resources", [])
	resource in pod_makers
	some verb in entry.rule.verbs
	verb in {"create", "*"}
}

deny contains lib.finding("PodExecAttach", entry.object, resource) if {
	some entry in rules
	some resource in object.get(entry.rule, "resources", [])
	resource in {"pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers"}
}

deny contains lib.finding("secret-in-manifest", secret, secret.metadata.name) if {
	some secret in lib.of_kind("Secret")
}

# A name that says that a file has the secret says no secret.
deny contains lib.finding("sensitiveConfigmapContent", config, key) if {
	some config in lib.of_kind("ConfigMap")
	some key, _ in object.get(config, "data", {})
	regex.match(`(secret|password|passwd|token|api_?key|private_?key|credential)`, lower(key))
	not endswith(key, "_FILE")
}

deny contains lib.finding("sensitiveConfigmapContent", config, key) if {
	some config in lib.of_kind("ConfigMap")
	some key, value in object.get(config, "data", {})
	regex.match(`-----BEGIN [A-Z ]*PRIVATE KEY-----`, value)
}

# `input.texts` has each object as JSON.
deny contains lib.finding("password-in-address", thing, "somewhere in it") if {
	some index, thing in input.objects
	regex.match(`[a-z0-9+]+://[^/@\s:"]*:[^/@\s"]+@`, input.texts[index])
}

deny contains lib.finding("migration-through-pooler", thing, name) if {
	some name in lib.names("Pooler")
	some index, thing in input.objects
	thing.kind in {"Job", "CronJob", "Pod"}
	thing.metadata.labels["app.kubernetes.io/component"] == "migration"
	contains(input.texts[index], name)
}
