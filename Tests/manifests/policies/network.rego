# Who reaches whom.
package manifests.network

import data.manifests.lib
import rego.v1

about := {
	"non-isolated-pod": "a policy says of every pod who gets in and where it gets out to",
	"metadata-address": "nothing can ask the cloud for the node's credentials",
	"open-entrance": "no policy lets everybody in, or out to everywhere, on every port",
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
	not lends_to_backups(policy, block)
}

# Pods of backups may open the store by an identity that the cloud lends them; it is the address
# itself then, and no block that has it in it.
lends_to_backups(policy, block) if {
	lib.is_backup_component(policy.spec.podSelector.matchLabels)
	regex.match(`/(32|128)$`, block.cidr)
}

is_excepted(block, address) if {
	some except in object.get(block, "except", [])
	address in input.reach[except]
}

# Without peers a rule is for every address; only what asks by HTTP on its usual port gets an answer
# there. One without ports is an open entrance as well.
deny contains lib.finding("metadata-address", policy, "every address") if {
	some policy in lib.of_kind("NetworkPolicy")
	some rule in object.get(policy.spec, "egress", [])
	count(object.get(rule, "to", [])) == 0
	some port in object.get(rule, "ports", [])
	reaches_metadata(port)
}

reaches_metadata(port) if {
	object.get(port, "protocol", "TCP") == "TCP"
	not port.port
}

reaches_metadata(port) if {
	object.get(port, "protocol", "TCP") == "TCP"
	is_number(port.port)
	port.port <= 80
	object.get(port, "endPort", port.port) >= 80
}

# A rule without ports lets in or out whatever there is, if nobody is named or everybody.
deny contains lib.finding("open-entrance", policy, direction) if {
	some policy in lib.of_kind("NetworkPolicy")
	some direction, peers in {"ingress": "from", "egress": "to"}
	some rule in object.get(policy.spec, direction, [])
	count(object.get(rule, "ports", [])) == 0
	is_for_everybody(object.get(rule, peers, []))
}

is_for_everybody(peers) if count(peers) == 0

is_for_everybody(peers) if {
	some peer in peers
	peer.ipBlock.cidr in {"0.0.0.0/0", "::/0"}
}

# Whoever has a namespace gives its pods any labels: those do not narrow down all namespaces.
is_for_everybody(peers) if {
	some peer in peers
	selector := object.get(peer, "namespaceSelector", {"matchLabels": {"none": ""}})
	count(object.get(selector, "matchLabels", {})) == 0
	count(object.get(selector, "matchExpressions", [])) == 0
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
