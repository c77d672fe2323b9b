# What each container is, may use and is given. Ids are those of kube-linter and polaris where these
# have one for it.
package manifests.containers

import data.manifests.lib
import rego.v1

about := {
	"latest-tag": "an image is named by a release, not by whatever is the newest",
	"image-digest": "what is pulled in production is said by its digest",
	"no-read-only-root-fs": "the root file system cannot be written",
	"unset-cpu-requirements": "processor time is reserved",
	"unset-memory-requirements": "memory is reserved and bounded",
	"limit-under-request": "a limit is no lower than what is reserved",
	"env-var-secret": "no secret stands in a variable",
	"read-secret-from-env-var": "secrets are read from files, which rotate and are not inherited",
	"duplicate-env-var": "a variable is given once",
	"duplicate-mount": "a place is mounted once",
	"undefined-volume": "what is mounted is there, and what is there is mounted",
	"unbounded-empty-dir": "scratch space is bounded",
	"high-user-id": "the user has an id that no user of a node has",
	"privileged-ports": "ports are above 1023: no right is needed to open them",
	"ssh-port": "nobody logs in",
	"duplicate-port": "two containers of a pod do not open the same port",
	"docker-sock": "the runtime of the node is out of reach",
}

# The part behind the last slash: a colon before it is a port of the registry.
image_name(image) := parts[count(parts) - 1] if parts := split(image, "/")

deny contains lib.finding("latest-tag", entry.pod.object, entry.container.image) if {
	some entry in lib.containers
	not contains(entry.container.image, "@sha256:")
	is_moving(image_name(entry.container.image))
}

is_moving(name) if not contains(name, ":")

is_moving(name) if endswith(name, ":latest")

# The image that takes backups is named in platform.yaml, by a release or by a digest: whoever brings
# a release of the service does not know what is built beside it.
deny contains lib.finding("image-digest", entry.pod.object, entry.container.image) if {
	input.production
	some entry in lib.containers
	not lib.is_of_backups(entry.pod)
	not regex.match(`@sha256:[0-9a-f]{64}$`, entry.container.image)
}

deny contains lib.finding("no-read-only-root-fs", entry.pod.object, entry.container.name) if {
	some entry in lib.containers
	not object.get(entry.container, ["securityContext", "readOnlyRootFilesystem"], false)
}

deny contains lib.finding("unset-cpu-requirements", entry.pod.object, entry.container.name) if {
	some entry in lib.containers
	not object.get(entry.container, ["resources", "requests", "cpu"], false)
}

deny contains lib.finding("unset-memory-requirements", entry.pod.object, message) if {
	some entry in lib.containers
	some kind in ["requests", "limits"]
	not object.get(entry.container, ["resources", kind, "memory"], false)
	message := sprintf("%s: %s", [entry.container.name, kind])
}

deny contains lib.finding("limit-under-request", entry.pod.object, message) if {
	some entry in lib.containers
	some what in ["cpu", "memory"]
	limit := object.get(entry.container, ["resources", "limits", what], null)
	request := object.get(entry.container, ["resources", "requests", what], null)
	limit != null
	request != null
	amount(limit) < amount(request)
	message := sprintf("%s: %s", [entry.container.name, what])
}

amount(quantity) := to_number(quantity) if regex.match(`^[0-9.]+$`, sprintf("%v", [quantity]))

amount(quantity) := to_number(parts[0][1]) * units[parts[0][2]] if {
	parts := regex.find_all_string_submatch_n(
		`^([0-9.]+)(m|k|M|G|T|Ki|Mi|Gi|Ti)$`,
		sprintf("%v", [quantity]), 1,
	)
}

units := {
	"m": 0.001, "k": 1000, "M": 1000000, "G": 1000000000, "T": 1000000000000,
	"Ki": 1024, "Mi": 1048576, "Gi": 1073741824, "Ti": 1099511627776,
}

secret_name := `(secret|password|passwd|token|api_?key|private_?key|credential)`

# A variable that says where a secret is says no secret.
deny contains lib.finding("env-var-secret", entry.pod.object, variable.name) if {
	some entry in lib.containers
	some variable in object.get(entry.container, "env", [])
	regex.match(secret_name, lower(variable.name))
	not endswith(variable.name, "_FILE")
	object.get(variable, "value", "") != ""
}

deny contains lib.finding("read-secret-from-env-var", entry.pod.object, entry.container.name) if {
	some entry in lib.containers
	some variable in object.get(entry.container, "env", [])
	object.get(variable, ["valueFrom", "secretKeyRef"], false)
}

# Clouds name the variables that their clients take keys from, and no file; a pod of backups lives as
# long as one of them.
deny contains lib.finding("read-secret-from-env-var", entry.pod.object, entry.container.name) if {
	some entry in lib.containers
	some source in object.get(entry.container, "envFrom", [])
	source.secretRef
	not lib.is_of_backups(entry.pod)
}

deny contains lib.finding("duplicate-env-var", entry.pod.object, name) if {
	some entry in lib.containers
	variables := [variable.name | some variable in object.get(entry.container, "env", [])]
	name := twice(variables)[_]
}

twice(list) := [list[index] | some index; list[index]; list[index] in array.slice(list, 0, index)]

deny contains lib.finding("duplicate-mount", entry.pod.object, path) if {
	some entry in lib.containers
	paths := [mount.mountPath | some mount in object.get(entry.container, "volumeMounts", [])]
	path := twice(paths)[_]
}

defined(pod) := union({
	{volume.name | some volume in object.get(pod.spec, "volumes", [])},
	{claim.metadata.name | some claim in object.get(pod.object.spec, "volumeClaimTemplates", [])},
})

mounted(pod) := {mount.name |
	some container in lib.all_containers(pod.spec)
	some mount in object.get(container, "volumeMounts", [])
}

deny contains lib.finding("undefined-volume", pod.object, name) if {
	some pod in lib.pods
	some name in (defined(pod) - mounted(pod)) | (mounted(pod) - defined(pod))
}

deny contains lib.finding("unbounded-empty-dir", pod.object, volume.name) if {
	some pod in lib.pods
	some volume in object.get(pod.spec, "volumes", [])
	is_object(volume.emptyDir)
	not object.get(volume.emptyDir, "sizeLimit", false)
}

user_id_min := 10000

deny contains lib.finding("high-user-id", entry.pod.object, entry.container.name) if {
	some entry in lib.containers
	pod_user := object.get(entry.pod.spec, ["securityContext", "runAsUser"], 0)
	object.get(entry.container, ["securityContext", "runAsUser"], pod_user) < user_id_min
}

deny contains lib.finding("privileged-ports", entry.pod.object, entry.container.name) if {
	some entry in lib.containers
	some port in object.get(entry.container, "ports", [])
	port.containerPort < 1024
	port.containerPort != 22
}

deny contains lib.finding("ssh-port", entry.pod.object, entry.container.name) if {
	some entry in lib.containers
	some port in object.get(entry.container, "ports", [])
	port.containerPort == 22
}

deny contains lib.finding("duplicate-port", pod.object, sprintf("%v", [number])) if {
	some pod in lib.pods
	numbers := [port.containerPort |
		some container in lib.all_containers(pod.spec)
		some port in object.get(container, "ports", [])
	]
	number := twice(numbers)[_]
}

deny contains lib.finding("docker-sock", pod.object, volume.name) if {
	some pod in lib.pods
	some volume in object.get(pod.spec, "volumes", [])
	regex.match(`(docker|containerd|crio)\.sock$`, object.get(volume, ["hostPath", "path"], ""))
}
