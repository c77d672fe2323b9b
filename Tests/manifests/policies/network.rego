# Who reaches whom.
package manifests.network

import data.manifests.lib
import rego.v1

about := {
	"non-isolated-pod": "a policy says of every pod who gets in and where it gets out to",
	"metadata-address": "nothing can ask the cloud for the node's credentials",
	"open-entrance": "no policy lets in everybody to every port",
	"exposed-services": "a Service is reached from within, or through an entrance",
	"tlsSettingsMissing": "what is public is encrypted",
	"ingress-host": "an entrance is for one host name",
	"two-entrances": "a host has one entrance of each kind",
}

directions(pod) := {direction |
	some policy in lib.of_kind("NetworkPolicy")
	lib.matches(policy.spec.podSelector, pod.labels)
	some direction in policy.spec.policyTypes
}

deny contains lib.finding("non-isolated-pod", pod.object, direction) if {
	some pod in lib.pods
	some direction in {"Ingress", "Egress"} - directions(pod)
}

# `input.reach` has the addresses of metadata services that lie in each block.
deny contains lib.finding("metadata-address", policy, sprintf("%s %s", [block.cidr, address])) if {
	some policy in lib.of_kind("NetworkPolicy")
	some rule in object.get(policy.spec, "egress", [])
	some peer in object.get(rule, "to", [])
	block := peer.ipBlock
	some address in input.reach[block.cidr]
	not is_excepted(block, address)
}

is_excepted(block, address) if {
	some except in object.get(block, "except", [])
	address in input.reach[except]
}

# A rule without peers and without ports lets in or out whatever there is.
deny contains lib.finding("open-entrance", policy, "ingress") if {
	some policy in lib.of_kind("NetworkPolicy")
	some rule in object.get(policy.spec, "ingress", [])
	not rule.ports
	not rule.from
}

deny contains lib.finding("open-entrance", policy, "egress") if {
	some policy in lib.of_kind("NetworkPolicy")
	some rule in object.get(policy.spec, "egress", [])
	not rule.ports
	not rule.to
}

deny contains lib.finding("exposed-services", service, service.spec.type) if {
	some service in lib.of_kind("Service")
	object.get(service.spec, "type", "ClusterIP") in {"NodePort", "LoadBalancer", "ExternalName"}
}

hosts(ingress) := {object.get(rule, "host", "") |
	some rule in object.get(ingress.spec, "rules", [])
}

encrypted(ingress) := {host |
	some tls in object.get(ingress.spec, "tls", [])
	some host in object.get(tls, "hosts", [])
}

deny contains lib.finding("tlsSettingsMissing", ingress, host) if {
	input.production
	some ingress in lib.of_kind("Ingress")
	some host in hosts(ingress) - encrypted(ingress)
}

deny contains lib.finding("ingress-host", ingress, "host") if {
	some ingress in lib.of_kind("Ingress")
	some host in hosts(ingress)
	not regex.match(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`, host)
}

deny contains lib.finding("ingress-host", route, "hostnames") if {
	some route in lib.of_kind("HTTPRoute")
	count(object.get(route.spec, "hostnames", [])) == 0
}

deny contains lib.finding("two-entrances", second, host) if {
	some first in lib.of_kind("Ingress")
	some second in lib.of_kind("Ingress")
	first.metadata.name < second.metadata.name
	some host in hosts(first) & hosts(second)
}
