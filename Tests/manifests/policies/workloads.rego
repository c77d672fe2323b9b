# How pods come, are asked how they are, and go.
package manifests.workloads

import data.manifests.lib
import rego.v1

about := {
	"no-liveness-probe": "a server that hangs is started again",
	"no-readiness-probe": "a server is asked before it gets clients",
	"no-startup-probe": "a slow start is not taken for a hang",
	"liveness-port": "the liveness probe asks a port that is there",
	"readiness-port": "the readiness probe asks a port that is there",
	"startup-port": "the startup probe asks a port that is there",
	"probe-paths": "liveness does not ask what readiness asks: it would fail with the database",
	"no-rolling-update-strategy": "a release comes beside the one before, nothing is taken away first",
	"single-writer": "what cannot run twice is replaced, and there is one of it",
	"min-ready-seconds": "a pod has to stay ready before the next one is replaced",
	"progress-deadline": "a release that does not come up is given up",
	"revision-history": "old ReplicaSets are kept, but not for ever",
	"pre-stop": "a pod serves on until no client is sent to it any more",
	"grace-period": "there is time to end: the pause before the stop, and draining",
	"no-anti-affinity": "replicas prefer different nodes",
	"topologySpreadConstraint": "replicas are spread over zones",
	"restart-policy": "what runs and ends says who tries again",
	"job-ttl-seconds-after-finished": "a Job that has ended goes away by itself",
	"job-deadline": "a Job ends",
	"job-retries": "a Job says how often it is tried",
	"cron-job": "a CronJob never runs beside itself, and says in which time zone",
	"config-checksum": "a change of configuration brings new pods",
	"service-links": "no variables come from other Services",
	"claim-retention": "a claim of a StatefulSet says its access and its size",
}

deny contains lib.finding(sprintf("no-%s-probe", [kind]), pod.object, container.name) if {
	some pod in lib.servers
	some container in lib.main_containers(pod.spec)
	count(object.get(container, "ports", [])) > 0
	some kind in ["liveness", "readiness", "startup"]
	not object.get(container, sprintf("%sProbe", [kind]), false)
}

deny contains lib.finding(sprintf("%s-port", [kind]), pod.object, container.name) if {
	some pod in lib.pods
	some container in lib.all_containers(pod.spec)
	some kind in ["liveness", "readiness", "startup"]
	some action in ["httpGet", "tcpSocket", "grpc"]
	port := object.get(container, [sprintf("%sProbe", [kind]), action, "port"], null)
	port != null
	own := object.get(container, "ports", [])
	not port in {opened.containerPort | some opened in own}
	not port in {opened.name | some opened in own}
}

deny contains lib.finding("probe-paths", pod.object, container.name) if {
	some pod in lib.servers
	some container in lib.main_containers(pod.spec)
	liveness := object.get(container, ["livenessProbe", "httpGet", "path"], "liveness")
	liveness == object.get(container, ["readinessProbe", "httpGet", "path"], "readiness")
}

deny contains lib.finding("no-rolling-update-strategy", object, "the strategy") if {
	some object in lib.of_kind("Deployment")
	not rolls(object)
	object.spec.strategy.type != "Recreate"
}

deny contains lib.finding("no-rolling-update-strategy", object, "there is none") if {
	some object in lib.of_kind("Deployment")
	not object.spec.strategy
}

rolls(object) if {
	object.spec.strategy.type == "RollingUpdate"
	object.spec.strategy.rollingUpdate.maxUnavailable in {0, "0", "0%"}
	not object.spec.strategy.rollingUpdate.maxSurge in {0, "0", "0%"}
}

recreated := [thing |
	some thing in lib.of_kind("Deployment")
	object.get(thing.spec, ["strategy", "type"], "") == "Recreate"
]

deny contains lib.finding("single-writer", thing, "replicas") if {
	some thing in recreated
	object.get(thing.spec, "replicas", 0) != 1
}

deny contains lib.finding("single-writer", thing, "a HorizontalPodAutoscaler") if {
	some thing in recreated
	some scaler in lib.of_kind("HorizontalPodAutoscaler")
	scaler.spec.scaleTargetRef.name == thing.metadata.name
}

# A claim that one node mounts cannot be had by the pod that comes while the old one is there.
deny contains lib.finding("single-writer", thing, claim.metadata.name) if {
	some thing in lib.of_kind("Deployment")
	object.get(thing.spec, ["strategy", "type"], "") != "Recreate"
	some volume in object.get(thing.spec.template.spec, "volumes", [])
	some claim in lib.of_kind("PersistentVolumeClaim")
	claim.metadata.name == volume.persistentVolumeClaim.claimName
	not "ReadWriteMany" in claim.spec.accessModes
}

deny contains lib.finding("min-ready-seconds", thing, "minReadySeconds") if {
	some thing in lib.of_kind("Deployment")
	object.get(thing.spec, "minReadySeconds", 0) < 1
}

deny contains lib.finding("progress-deadline", thing, "progressDeadlineSeconds") if {
	some thing in lib.of_kind("Deployment")
	deadline := object.get(thing.spec, "progressDeadlineSeconds", 0)
	deadline <= object.get(thing.spec, "minReadySeconds", 0)
}

deny contains lib.finding("revision-history", pod.object, "revisionHistoryLimit") if {
	some pod in lib.servers
	not object.get(pod.object.spec, "revisionHistoryLimit", 0) in numbers.range(2, 10)
}

# The container that Services send clients to.
serves(pod, container) if {
	pod.object.kind == "Deployment"
	count(object.get(container, "ports", [])) > 0
}

deny contains lib.finding("pre-stop", pod.object, container.name) if {
	some pod in lib.servers
	some container in lib.main_containers(pod.spec)
	serves(pod, container)
	object.get(container, ["lifecycle", "preStop", "sleep", "seconds"], 0) < 1
}

# Room that is left at least between the pause and the kill.
grace_seconds_min := 10

deny contains lib.finding("grace-period", pod.object, message) if {
	some pod in lib.servers
	some container in lib.main_containers(pod.spec)
	pause := object.get(container, ["lifecycle", "preStop", "sleep", "seconds"], 0)
	grace := object.get(pod.spec, "terminationGracePeriodSeconds", 0)
	grace < pause + grace_seconds_min
	message := sprintf("%v s, of which the pause takes %v s", [grace, pause])
}

# How many there may be at once.
replicas(thing) := object.get(scaler.spec, "maxReplicas", 1) if {
	some scaler in lib.of_kind("HorizontalPodAutoscaler")
	scaler.spec.scaleTargetRef.name == thing.metadata.name
	scaler.spec.scaleTargetRef.kind == thing.kind
} else := object.get(thing.spec, "replicas", 1)

deny contains lib.finding("no-anti-affinity", pod.object, "podAntiAffinity") if {
	some pod in lib.servers
	replicas(pod.object) > 1
	not avoids_itself(pod)
}

avoids_itself(pod) if {
	anti := pod.spec.affinity.podAntiAffinity
	terms := array.concat(
		object.get(anti, "requiredDuringSchedulingIgnoredDuringExecution", []),
		[preferred.podAffinityTerm |
			some preferred in object.get(anti, "preferredDuringSchedulingIgnoredDuringExecution", [])
		],
	)
	some term in terms
	term.topologyKey == "kubernetes.io/hostname"
	lib.matches(term.labelSelector, pod.labels)
}

deny contains lib.finding("topologySpreadConstraint", pod.object, "zones") if {
	some pod in lib.servers
	replicas(pod.object) > 1
	not spreads(pod)
}

spreads(pod) if {
	some constraint in pod.spec.topologySpreadConstraints
	constraint.topologyKey == "topology.kubernetes.io/zone"
	lib.matches(constraint.labelSelector, pod.labels)
}

deny contains lib.finding("restart-policy", pod.object, "restartPolicy") if {
	some pod in lib.pods
	pod.object.kind in {"Job", "CronJob", "Pod"}
	not object.get(pod.spec, "restartPolicy", "Always") in {"Never", "OnFailure"}
}

deny contains lib.finding("restart-policy", pod.object, "restartPolicy") if {
	some pod in lib.servers
	object.get(pod.spec, "restartPolicy", "Always") != "Always"
}

# Helm removes what it runs as a hook; a CronJob keeps as many as its limits say.
is_hook(thing) if object.get(thing, ["metadata", "annotations", "helm.sh/hook"], "") != ""

deny contains lib.finding("job-ttl-seconds-after-finished", thing, "ttlSecondsAfterFinished") if {
	some thing in lib.of_kind("Job")
	not is_hook(thing)
	object.get(thing.spec, "ttlSecondsAfterFinished", 0) < 1
}

deny contains lib.finding("job-ttl-seconds-after-finished", thing, "in a CronJob") if {
	some thing in lib.of_kind("CronJob")
	object.get(thing.spec.jobTemplate.spec, "ttlSecondsAfterFinished", 0) != 0
}

job_specs := array.concat(
	[{"object": thing, "spec": thing.spec} | some thing in lib.of_kind("Job")],
	[{"object": thing, "spec": thing.spec.jobTemplate.spec} | some thing in lib.of_kind("CronJob")],
)

deny contains lib.finding("job-deadline", job.object, "activeDeadlineSeconds") if {
	some job in job_specs
	object.get(job.spec, "activeDeadlineSeconds", 0) < 1
}

deny contains lib.finding("job-retries", job.object, "backoffLimit") if {
	some job in job_specs
	object.get(job.spec, "backoffLimit", 6) > 5
}

deny contains lib.finding("cron-job", thing, sprintf("%v", [missing])) if {
	some thing in lib.of_kind("CronJob")
	wanted := {"concurrencyPolicy": {"Forbid", "Replace"}, "timeZone": {"Etc/UTC"}}
	missing := [key | some key; values := wanted[key]; not object.get(thing.spec, key, "") in values]
	count(missing) > 0
}

uses_config(pod) if {
	some container in lib.all_containers(pod.spec)
	some source in container.envFrom
	source.configMapRef.name in lib.names("ConfigMap")
}

uses_config(pod) if {
	some volume in pod.spec.volumes
	volume.configMap.name in lib.names("ConfigMap")
}

deny contains lib.finding("config-checksum", pod.object, "an annotation checksum/...") if {
	some pod in lib.servers
	uses_config(pod)
	not has_checksum(pod)
}

has_checksum(pod) if {
	some key, _ in pod.annotations
	startswith(key, "checksum/")
}

deny contains lib.finding("service-links", pod.object, "enableServiceLinks") if {
	some pod in lib.pods
	object.get(pod.spec, "enableServiceLinks", true)
}

deny contains lib.finding("claim-retention", thing, claim.metadata.name) if {
	some thing in lib.of_kind("StatefulSet")
	some claim in object.get(thing.spec, "volumeClaimTemplates", [])
	not has_claim_parts(claim)
}

has_claim_parts(claim) if {
	count(claim.spec.accessModes) > 0
	claim.spec.resources.requests.storage
}
