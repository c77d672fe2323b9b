# Replicas, budgets and autoscaling fit each other.
package manifests.availability

import data.manifests.lib
import rego.v1

about := {
	"replicas-under-hpa": "who scales says how many there are, nobody else",
	"deploymentMissingReplicas": "without an HPA the number of replicas is said",
	"minimum-three-replicas": "in production three replicas survive the loss of a node in a rollout",
	"hpa-range": "an HPA goes from few to more, and never below two",
	"hpa-behavior": "an HPA comes down slowly",
	"hpa-needs-requests": "what is scaled by processor time has requested some",
	"missingPodDisruptionBudget": "several replicas are not evicted together",
	"pdb-for-one-replica": "a single pod may be evicted: its node could never be emptied",
	"pdb-max-unavailable": "a budget lets at least one pod go",
	"pdb-min-available": "a budget lets at least one pod go",
	"pdbMinAvailableGreaterThanHPAMinReplicas": "a budget asks for fewer than the HPA keeps",
	"pdb-unhealthy-pod-eviction-policy": "pods that are broken anyway may be evicted",
}

scaled(thing) := scaler if {
	some scaler in lib.of_kind("HorizontalPodAutoscaler")
	scaler.spec.scaleTargetRef.kind == thing.kind
	scaler.spec.scaleTargetRef.name == thing.metadata.name
}

deny contains lib.finding("replicas-under-hpa", thing, "replicas") if {
	some thing in lib.of_kind("Deployment")
	scaled(thing)
	is_number(thing.spec.replicas)
}

deny contains lib.finding("deploymentMissingReplicas", thing, "replicas") if {
	some thing in lib.of_kind("Deployment")
	not scaled(thing)
	not is_number(thing.spec.replicas)
}

# How many there are when nothing happens.
fewest(thing) := object.get(scaled(thing).spec, "minReplicas", 1)

fewest(thing) := object.get(thing.spec, "replicas", 1) if not scaled(thing)

deny contains lib.finding("minimum-three-replicas", thing, sprintf("%v", [fewest(thing)])) if {
	input.production
	some thing in lib.of_kind("Deployment")
	object.get(thing.spec, ["strategy", "type"], "") != "Recreate"
	fewest(thing) < 3
}

deny contains lib.finding("hpa-range", scaler, sprintf("%v to %v", [least, most])) if {
	some scaler in lib.of_kind("HorizontalPodAutoscaler")
	least := object.get(scaler.spec, "minReplicas", 1)
	most := scaler.spec.maxReplicas
	not in_range(least, most)
}

in_range(least, most) if {
	least >= 2
	least < most
}

deny contains lib.finding("hpa-behavior", scaler, "behavior.scaleDown") if {
	some scaler in lib.of_kind("HorizontalPodAutoscaler")
	object.get(scaler.spec, ["behavior", "scaleDown", "stabilizationWindowSeconds"], 0) < 60
}

deny contains lib.finding("hpa-needs-requests", scaler, sprintf("%s", [container.name])) if {
	some scaler in lib.of_kind("HorizontalPodAutoscaler")
	some metric in scaler.spec.metrics
	what := metric.resource.name
	metric.resource.target.type == "Utilization"
	some thing in input.objects
	thing.kind == scaler.spec.scaleTargetRef.kind
	thing.metadata.name == scaler.spec.scaleTargetRef.name
	some container in thing.spec.template.spec.containers
	object.get(container, ["resources", "requests", what], "") == ""
}

budgets(pod) := [budget |
	some budget in lib.of_kind("PodDisruptionBudget")
	lib.matches(budget.spec.selector, pod.labels)
]

deny contains lib.finding("missingPodDisruptionBudget", pod.object, "selected by none") if {
	some pod in lib.servers
	fewest(pod.object) > 1
	count(budgets(pod)) == 0
}

deny contains lib.finding("pdb-for-one-replica", pod.object, budget.metadata.name) if {
	some pod in lib.servers
	fewest(pod.object) <= 1
	some budget in budgets(pod)
}

deny contains lib.finding("pdb-max-unavailable", budget, sprintf("%v", [most])) if {
	some budget in lib.of_kind("PodDisruptionBudget")
	most := budget.spec.maxUnavailable
	most in {0, "0", "0%"}
}

# A number or a share of the replicas, rounded up as Kubernetes does.
needed(share, replicas) := share if is_number(share)

needed(share, replicas) := ceil((percent * replicas) / 100) if {
	is_string(share)
	percent := to_number(trim_suffix(share, "%"))
}

deny contains lib.finding("pdb-min-available", budget, sprintf("%v of %v", [least, there])) if {
	some pod in lib.servers
	not scaled(pod.object)
	some budget in budgets(pod)
	least := budget.spec.minAvailable
	there := fewest(pod.object)
	needed(least, there) >= there
}

deny contains lib.finding("pdbMinAvailableGreaterThanHPAMinReplicas", budget, message) if {
	some pod in lib.servers
	scaled(pod.object)
	some budget in budgets(pod)
	least := budget.spec.minAvailable
	there := fewest(pod.object)
	needed(least, there) >= there
	message := sprintf("%v of %v", [least, there])
}

deny contains lib.finding("pdb-unhealthy-pod-eviction-policy", budget, "AlwaysAllow") if {
	some budget in lib.of_kind("PodDisruptionBudget")
	object.get(budget.spec, "unhealthyPodEvictionPolicy", "") != "AlwaysAllow"
}
