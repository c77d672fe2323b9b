# What objects say of each other is true.
package manifests.references

import data.manifests.lib
import rego.v1

about := {
	"mismatching-selector": "a workload selects the pods that it makes",
	"dangling-service": "a Service has pods",
	"invalid-target-ports": "a Service sends to ports that its pods open",
	"dangling-ingress": "an Ingress leads to a Service and a port of it",
	"dangling-route": "an HTTPRoute leads to a Service and a port of it",
	"dangling-horizontalpodautoscaler": "what is scaled is there",
	"dangling-networkpolicy": "a policy is about pods that are there",
	"dangling-networkpolicypeer-podselector": "the pods that a policy lets in or out to are there",
	"dangling-networkpolicy-port": "the ports that a policy lets in to are opened",
	"dangling-servicemonitor": "what is to be scraped is there, with that port",
	"dangling-podmonitor": "what is to be scraped is there",
	"dangling-pdb": "a PodDisruptionBudget is about pods that are there",
	"dangling-role-binding": "a binding gives a Role that is there to an account that is there",
	"dangling-pooler": "a Pooler stands before a Cluster that is there",
	"non-existent-service-account": "the account of a pod is there",
	"default-service-account": "pods have accounts of their own",
	"unknown-configmap": "a ConfigMap that is used is there",
	"unknown-secret": "a Secret that is used is made here, or known to come from elsewhere",
	"unknown-claim": "a volume claim that is used is there",
	"unused-configmap": "a ConfigMap that is there is used",
	"stateful-service": "a StatefulSet names a Service that is there, without an address of its own",
}

deny contains lib.finding("mismatching-selector", pod.object, "selector") if {
	some pod in lib.servers
	not lib.matches(pod.object.spec.selector, pod.labels)
}

# Labels that the pods of one workload carry belong to no other: both would claim them.
deny contains lib.finding("mismatching-selector", pod.object, other.object.metadata.name) if {
	some pod in lib.servers
	some other in lib.pods
	lib.finding("", pod.object, "") != lib.finding("", other.object, "")
	lib.matches(pod.object.spec.selector, other.labels)
}

selector(service) := {"matchLabels": service.spec.selector}

deny contains lib.finding("dangling-service", service, "selector") if {
	some service in lib.of_kind("Service")
	not lib.selects_a_pod(selector(service))
}

# Pods that an operator makes have ports that are not told here.
deny contains lib.finding("invalid-target-ports", service, sprintf("%v", [target])) if {
	some service in lib.of_kind("Service")
	some pod in lib.pods
	lib.matches(selector(service), pod.labels)
	some port in service.spec.ports
	target := object.get(port, "targetPort", port.port)
	not target in lib.ports(pod.spec)
}

# Whether a Service has a port of this number or name.
offers(name, port) if {
	some service in lib.of_kind("Service")
	service.metadata.name == name
	some offered in service.spec.ports
	port in {offered.port, object.get(offered, "name", "")}
}

ingress_backends(ingress) := [path.backend.service |
	some rule in object.get(ingress.spec, "rules", [])
	some path in rule.http.paths
]

deny contains lib.finding("dangling-ingress", ingress, backend.name) if {
	some ingress in lib.of_kind("Ingress")
	some backend in ingress_backends(ingress)
	port := object.get(backend.port, "name", object.get(backend.port, "number", 0))
	not offers(backend.name, port)
}

deny contains lib.finding("dangling-ingress", ingress, "no rules") if {
	some ingress in lib.of_kind("Ingress")
	count(ingress_backends(ingress)) == 0
}

deny contains lib.finding("dangling-route", route, backend.name) if {
	some route in lib.of_kind("HTTPRoute")
	some rule in route.spec.rules
	some backend in rule.backendRefs
	not offers(backend.name, backend.port)
}

deny contains lib.finding("dangling-horizontalpodautoscaler", scaler, target.name) if {
	some scaler in lib.of_kind("HorizontalPodAutoscaler")
	target := scaler.spec.scaleTargetRef
	not target.name in lib.names(target.kind)
}

deny contains lib.finding("dangling-networkpolicy", policy, "podSelector") if {
	some policy in lib.of_kind("NetworkPolicy")
	not lib.selects_a_pod(policy.spec.podSelector)
}

peers(policy) := array.concat(
	[peer |
		some rule in object.get(policy.spec, "ingress", [])
		some peer in object.get(rule, "from", [])
	],
	[peer |
		some rule in object.get(policy.spec, "egress", [])
		some peer in object.get(rule, "to", [])
	],
)

# Pods of other namespaces are not known here.
deny contains lib.finding("dangling-networkpolicypeer-podselector", policy, message) if {
	some policy in lib.of_kind("NetworkPolicy")
	some peer in peers(policy)
	peer.podSelector
	not peer.namespaceSelector
	not lib.selects_a_pod(peer.podSelector)
	message := sprintf("%v", [object.get(peer.podSelector, "matchLabels", {})])
}

deny contains lib.finding("dangling-networkpolicy-port", policy, sprintf("%v", [port.port])) if {
	some policy in lib.of_kind("NetworkPolicy")
	some rule in object.get(policy.spec, "ingress", [])
	some port in object.get(rule, "ports", [])
	own := [lib.ports(pod.spec) |
		some pod in lib.pods
		lib.matches(policy.spec.podSelector, pod.labels)
	]
	count(own) > 0
	not port.port in union({ports | some ports in own})
}

deny contains lib.finding("dangling-servicemonitor", monitor, sprintf("%v", [endpoint])) if {
	some monitor in lib.of_kind("ServiceMonitor")
	some endpoint in monitor.spec.endpoints
	not is_scraped(monitor, endpoint)
}

# A port of the Service, or one of the pods that it selects.
is_scraped(monitor, endpoint) if {
	some service in lib.of_kind("Service")
	lib.matches(monitor.spec.selector, service.metadata.labels)
	offers(service.metadata.name, endpoint.port)
}

is_scraped(monitor, endpoint) if {
	some service in lib.of_kind("Service")
	lib.matches(monitor.spec.selector, service.metadata.labels)
	some pod in lib.pods
	lib.matches(selector(service), pod.labels)
	endpoint.targetPort in lib.ports(pod.spec)
}

deny contains lib.finding("dangling-podmonitor", monitor, "selector") if {
	some monitor in lib.of_kind("PodMonitor")
	not lib.selects_a_pod(monitor.spec.selector)
}

deny contains lib.finding("dangling-pdb", budget, "selector") if {
	some budget in lib.of_kind("PodDisruptionBudget")
	not lib.selects_a_pod(budget.spec.selector)
}

deny contains lib.finding("dangling-role-binding", binding, binding.roleRef.name) if {
	some binding in lib.of_kind("RoleBinding")
	not binding.roleRef.name in lib.names("Role")
}

deny contains lib.finding("dangling-role-binding", binding, subject.name) if {
	some binding in lib.of_kind("RoleBinding")
	some subject in binding.subjects
	subject.kind == "ServiceAccount"
	not subject.name in lib.names("ServiceAccount")
}

deny contains lib.finding("dangling-pooler", pooler, pooler.spec.cluster.name) if {
	some pooler in lib.of_kind("Pooler")
	not pooler.spec.cluster.name in lib.names("Cluster")
}

account(pod) := object.get(pod.spec, "serviceAccountName", "default")

deny contains lib.finding("default-service-account", pod.object, "serviceAccountName") if {
	some pod in lib.pods
	account(pod) == "default"
}

deny contains lib.finding("non-existent-service-account", pod.object, account(pod)) if {
	some pod in lib.pods
	account(pod) != "default"
	not account(pod) in lib.names("ServiceAccount")
}

# What the containers of a pod take variables from.
sources(pod) := array.concat(
	[source |
		some container in lib.all_containers(pod.spec)
		some source in object.get(container, "envFrom", [])
	],
	[variable.valueFrom |
		some container in lib.all_containers(pod.spec)
		some variable in object.get(container, "env", [])
		variable.valueFrom
	],
)

# The volumes of a pod, and what projected ones are put together from.
filled(pod) := array.concat(
	object.get(pod.spec, "volumes", []),
	[source |
		some volume in object.get(pod.spec, "volumes", [])
		some source in volume.projected.sources
	],
)

configs(pod) := union({
	{source.configMapRef.name | some source in sources(pod)},
	{source.configMapKeyRef.name | some source in sources(pod)},
	{volume.configMap.name | some volume in filled(pod)},
})

needed_secrets(pod) := union({
	{source.secretRef.name | some source in sources(pod)},
	{source.secretKeyRef.name | some source in sources(pod)},
	{volume.secret.secretName | some volume in filled(pod)},
	{volume.secret.name | some volume in filled(pod)},
	{pull.name | some pull in object.get(pod.spec, "imagePullSecrets", [])},
})

claims(pod) := {volume.persistentVolumeClaim.claimName | some volume in filled(pod)}

deny contains lib.finding("unknown-configmap", pod.object, name) if {
	some pod in lib.pods
	some name in configs(pod) - lib.names("ConfigMap")
}

# A dashboard is found by its label, and read by another program.
deny contains lib.finding("unused-configmap", config, config.metadata.name) if {
	some config in lib.of_kind("ConfigMap")
	not config.metadata.labels.grafana_dashboard
	not config.metadata.name in union({configs(pod) | some pod in lib.pods})
}

secrets := union({
	lib.names("Secret"),
	{object.get(external.spec, ["target", "name"], external.metadata.name) |
		some external in lib.of_kind("ExternalSecret")
	},
	{sprintf("%s-app", [cluster.metadata.name]) | some cluster in lib.of_kind("Cluster")},
	{name | some name in input.given},
})

deny contains lib.finding("unknown-secret", pod.object, name) if {
	some pod in lib.pods
	some name in needed_secrets(pod) - secrets
}

deny contains lib.finding("unknown-secret", ingress, tls.secretName) if {
	some ingress in lib.of_kind("Ingress")
	some tls in object.get(ingress.spec, "tls", [])
	not tls.secretName in secrets
}

deny contains lib.finding("unknown-claim", pod.object, name) if {
	some pod in lib.pods
	some name in claims(pod) - lib.names("PersistentVolumeClaim")
}

headless contains service.metadata.name if {
	some service in lib.of_kind("Service")
	object.get(service.spec, "clusterIP", "") == "None"
}

deny contains lib.finding("stateful-service", thing, "serviceName") if {
	some thing in lib.of_kind("StatefulSet")
	not object.get(thing.spec, "serviceName", "") in headless
}
