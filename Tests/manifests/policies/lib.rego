# What the rules share: pod templates, containers, what selects what.
package manifests.lib

import rego.v1

# Input: `objects`, all of one environment; `production`; `given`, the names of Secrets that others
# make; `reach`, see network.rego; `texts`, see access.rego.
finding(id, object, message) := {
	"id": id,
	"object": sprintf("%s/%s", [object.kind, object.metadata.name]),
	"message": message,
}

of_kind(kind) := [object | some object in input.objects; object.kind == kind]

# Every pod that something of the environment makes.
pods := array.concat(
	array.concat(
		[pod(object, object.spec.template) |
			some object in input.objects
			object.kind in {"Deployment", "StatefulSet", "DaemonSet", "Job"}
		],
		[pod(object, object.spec.jobTemplate.spec.template) | some object in of_kind("CronJob")],
	),
	[pod(object, object) | some object in of_kind("Pod")],
)

pod(object, template) := {
	"object": object,
	"labels": object_or_empty(template, ["metadata", "labels"]),
	"annotations": object_or_empty(template, ["metadata", "annotations"]),
	"spec": template.spec,
}

object_or_empty(thing, path) := object.get(thing, path, {})

# Pods that serve until they are told to stop.
servers := [pod | some pod in pods; pod.object.kind in {"Deployment", "StatefulSet", "DaemonSet"}]

# Containers beside those that run first.
main_containers(spec) := object.get(spec, "containers", [])

all_containers(spec) := array.concat(
	array.concat(main_containers(spec), object.get(spec, "initContainers", [])),
	object.get(spec, "ephemeralContainers", []),
)

# Every container with the pod that it is of.
containers := [{"pod": pod, "container": container} |
	some pod in pods
	some container in all_containers(pod.spec)
]

# Whether labels are what a label selector asks for; an empty selector asks for nothing.
matches(selector, labels) if {
	wanted := object.get(selector, "matchLabels", {})
	every key, value in wanted {
		object.get(labels, key, null) == value
	}
	every expression in object.get(selector, "matchExpressions", []) {
		fulfils(expression, labels)
	}
}

fulfils(expression, labels) if {
	expression.operator == "In"
	labels[expression.key] in expression.values
}

fulfils(expression, labels) if {
	expression.operator == "NotIn"
	not object.get(labels, expression.key, null) in expression.values
}

fulfils(expression, labels) if {
	expression.operator == "Exists"
	labels[expression.key]
}

fulfils(expression, labels) if {
	expression.operator == "DoesNotExist"
	not labels[expression.key]
}

# What pods an operator will make, as far as selectors can name them.
operated contains labels if {
	some cluster in of_kind("Cluster")
	labels := object.union(
		object.get(cluster.spec, ["inheritedMetadata", "labels"], {}),
		{"cnpg.io/cluster": cluster.metadata.name, "cnpg.io/podRole": "instance"},
	)
}

operated contains labels if {
	some pooler in of_kind("Pooler")
	labels := object.union(
		object.get(pooler.spec, ["template", "metadata", "labels"], {}),
		{
			"cnpg.io/poolerName": pooler.metadata.name, "cnpg.io/podRole": "pooler",
			"cnpg.io/cluster": pooler.spec.cluster.name,
		},
	)
}

selects_a_pod(selector) if {
	some pod in pods
	matches(selector, pod.labels)
}

selects_a_pod(selector) if {
	some labels in operated
	matches(selector, labels)
}

# Every port that the containers of a pod open, by number and by name.
ports(spec) := union({numbers, names}) if {
	numbers := {port.containerPort |
		some container in all_containers(spec)
		some port in object.get(container, "ports", [])
	}
	names := {port.name |
		some container in all_containers(spec)
		some port in object.get(container, "ports", [])
	}
}

# The names of the objects of a kind.
names(kind) := {object.metadata.name | some object in of_kind(kind)}

# Whether these labels are those of what takes backups or proves them.
is_backup_component(labels) if labels["app.kubernetes.io/component"] in {"backup", "drill"}

is_of_backups(pod) if is_backup_component(pod.labels)
