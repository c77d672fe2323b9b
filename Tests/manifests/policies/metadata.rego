# How objects are called, labelled and found again.
package manifests.metadata

import data.manifests.lib
import rego.v1

about := {
	"recommended-labels": "the labels that Kubernetes recommends are on every object",
	"pod-labels": "pods carry what selects them, and those of a service which version they are",
	"selector-labels": "selectors of workloads use only what never changes",
	"metadataAndInstanceMismatched": "all objects of an environment are of one instance",
	"use-namespace": "every object says its namespace, and it is one, and not the one called default",
	"object-name": "names are such that Kubernetes takes them, with room for what is put behind",
	"label-syntax": "labels and annotations are such that Kubernetes takes them",
	"port-name": "the names of ports are such that Kubernetes takes them, and unique",
	"quantity-syntax": "amounts are such that Kubernetes takes them",
	"no-extensions-v1beta": "no kind is asked for under an interface that is on its way out",
}

recommended := {
	"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component",
	"app.kubernetes.io/version", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by",
}

# Kinds that are in no namespace.
unbound := {"Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}

deny contains lib.finding("recommended-labels", thing, key) if {
	some thing in input.objects
	not thing.kind in {"Namespace", "Pod"}
	some key in recommended
	object.get(thing, ["metadata", "labels", key], "") == ""
}

fixed := {"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"}

deny contains lib.finding("pod-labels", pod.object, key) if {
	some pod in lib.pods
	some key in fixed
	object.get(pod.labels, key, "") == ""
}

# A database stays as it is when the service gets another version.
deny contains lib.finding("pod-labels", pod.object, "app.kubernetes.io/version") if {
	some pod in lib.pods
	pod.object.kind == "Deployment"
	object.get(pod.labels, "app.kubernetes.io/version", "") == ""
}

deny contains lib.finding("selector-labels", thing, sprintf("%v", [keys])) if {
	some thing in input.objects
	thing.kind in {"Deployment", "StatefulSet", "DaemonSet"}
	keys := {key | some key; thing.spec.selector.matchLabels[key]}
	keys != fixed
}

deny contains lib.finding("selector-labels", thing, "matchExpressions") if {
	some thing in input.objects
	thing.kind in {"Deployment", "StatefulSet", "DaemonSet"}
	thing.spec.selector.matchExpressions
}

instances := {value |
	some thing in input.objects
	value := thing.metadata.labels["app.kubernetes.io/instance"]
}

deny contains lib.finding("metadataAndInstanceMismatched", thing, "app.kubernetes.io/instance") if {
	count(instances) > 1
	some thing in input.objects
	uses(thing.metadata.labels["app.kubernetes.io/instance"]) < most_used
}

most_used := max({uses(value) | some value in instances})

uses(value) := count([thing |
	some thing in input.objects
	thing.metadata.labels["app.kubernetes.io/instance"] == value
])

namespaces := {object.get(thing, ["metadata", "namespace"], "") |
	some thing in input.objects
	not thing.kind in unbound
}

deny contains lib.finding("use-namespace", thing, message) if {
	some thing in input.objects
	not thing.kind in unbound
	namespace := object.get(thing, ["metadata", "namespace"], "")
	namespace in {"", "default"}
	message := sprintf("%q", [namespace])
}

deny contains lib.finding("use-namespace", input.objects[0], sprintf("%v", [namespaces])) if {
	count(namespaces - {"", "default"}) > 1
}

# How long a name may be, by what Kubernetes or an operator makes of it: the name of a Job becomes
# a label, a CronJob's gets eleven characters more, pods of a StatefulSet and of a Cluster an index.
name_lengths := {
	"Service": 63, "Job": 63, "CronJob": 52, "StatefulSet": 52, "Deployment": 52, "Cluster": 50,
	"Pooler": 63, "Namespace": 63,
}

deny contains lib.finding("object-name", thing, thing.metadata.name) if {
	some thing in input.objects
	not regex.match(`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`, thing.metadata.name)
}

# The name of a Service is a label of DNS.
deny contains lib.finding("object-name", service, service.metadata.name) if {
	some service in lib.of_kind("Service")
	not regex.match(`^[a-z]([-a-z0-9]*[a-z0-9])?$`, service.metadata.name)
}

deny contains lib.finding("object-name", thing, sprintf("longer than %v", [length])) if {
	some thing in input.objects
	length := object.get(name_lengths, thing.kind, 63)
	count(thing.metadata.name) > length
}

metadata := array.concat(
	[{"object": thing, "labels": labels, "annotations": annotations} |
		some thing in input.objects
		labels := object.get(thing, ["metadata", "labels"], {})
		annotations := object.get(thing, ["metadata", "annotations"], {})
	],
	[{"object": pod.object, "labels": pod.labels, "annotations": pod.annotations} |
		some pod in lib.pods
	],
)

name_syntax := `[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?`

key_syntax := sprintf(`^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?%s$`, [name_syntax])

value_syntax := sprintf(`^(%s)?$`, [name_syntax])

deny contains lib.finding("label-syntax", entry.object, sprintf("%s: %v", [key, value])) if {
	some entry in metadata
	some key, value in entry.labels
	not is_label(key, value)
}

is_label(key, value) if {
	regex.match(key_syntax, key)
	is_string(value)
	regex.match(value_syntax, value)
}

deny contains lib.finding("label-syntax", entry.object, key) if {
	some entry in metadata
	some key, value in entry.annotations
	not is_annotation(key, value)
}

is_annotation(key, value) if {
	regex.match(key_syntax, key)
	is_string(value)
}

port_lists := array.concat(
	[{"object": entry.pod.object, "ports": entry.container.ports} |
		some entry in lib.containers
		entry.container.ports
	],
	[{"object": service, "ports": service.spec.ports} |
		some service in lib.of_kind("Service")
		service.spec.ports
	],
)

deny contains lib.finding("port-name", list.object, sprintf("%v", [name])) if {
	some list in port_lists
	some port in list.ports
	name := object.get(port, "name", "")
	not is_port_name(name)
}

is_port_name(name) if {
	count(name) <= 15
	regex.match(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`, name)
	regex.match(`[a-z]`, name)
	not contains(name, "--")
}

deny contains lib.finding("port-name", list.object, "one name for two ports") if {
	some list in port_lists
	count({port.name | some port in list.ports}) < count(list.ports)
}

quantity_syntax := `^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$`

deny contains lib.finding("quantity-syntax", entry.object, sprintf("%v", [amount])) if {
	some entry in quantities
	some amount in entry.amounts
	not regex.match(quantity_syntax, sprintf("%v", [amount]))
}

quantities := array.concat(
	array.concat(
		[{"object": entry.pod.object, "amounts": amounts} |
			some entry in lib.containers
			some kind in ["requests", "limits"]
			amounts := object.get(entry.container, ["resources", kind], {})
		],
		[{"object": pod.object, "amounts": [volume.emptyDir.sizeLimit]} |
			some pod in lib.pods
			some volume in object.get(pod.spec, "volumes", [])
			volume.emptyDir.sizeLimit
		],
	),
	[{"object": thing, "amounts": claim.spec.resources.requests} |
		some thing in lib.of_kind("StatefulSet")
		some claim in thing.spec.volumeClaimTemplates
	],
)

deny contains lib.finding("no-extensions-v1beta", thing, thing.apiVersion) if {
	some thing in input.objects
	regex.match(`^extensions/|^([a-z]+|[a-z.]+\.k8s\.io)/v[0-9]+(alpha|beta)`, thing.apiVersion)
}
