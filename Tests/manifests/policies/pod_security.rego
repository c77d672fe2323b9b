# Pod Security Standards, level "restricted": what it asks of every pod.
# https://kubernetes.io/docs/concepts/security/pod-security-standards/
package manifests.pod_security

import data.manifests.lib
import rego.v1

about := {
	"host-network": "a pod has a network of its own",
	"host-pid": "a pod has processes of its own",
	"host-ipc": "a pod has shared memory of its own",
	"hostProcess": "no container is a process of a Windows node",
	"privileged-container": "no container is privileged",
	"privilege-escalation-container": "no process gets more rights than its parent",
	"capabilities": "all capabilities are dropped, only NET_BIND_SERVICE may be added",
	"volume-types": "volumes are of the kinds that cannot reach the node",
	"hostPortSet": "no container takes a port of the node",
	"unsafe-proc-mount": "/proc is mounted as is usual",
	"unsafe-sysctls": "only settings of the kernel that are a pod's own are changed",
	"apparmor": "AppArmor is not switched off",
	"selinux": "SELinux keeps its user, its role and a container's type",
	"seccomp": "system calls are filtered, for every container",
	"run-as-non-root": "every container has to run as somebody else than root",
	"run-as-root-user": "no container asks to be root",
	"host-probes": "probes ask the pod itself",
}

deny contains lib.finding("host-network", pod.object, "hostNetwork") if {
	some pod in lib.pods
	object.get(pod.spec, "hostNetwork", false)
}

deny contains lib.finding("host-pid", pod.object, "hostPID") if {
	some pod in lib.pods
	object.get(pod.spec, "hostPID", false)
}

deny contains lib.finding("host-ipc", pod.object, "hostIPC") if {
	some pod in lib.pods
	object.get(pod.spec, "hostIPC", false)
}

# The pod's own context and those of its containers, with what each is called.
contexts(pod) := array.concat(
	[{"name": "the pod", "context": object.get(pod.spec, "securityContext", {})}],
	container_contexts(pod),
)

container_contexts(pod) := [{"name": container.name, "context": context} |
	some container in lib.all_containers(pod.spec)
	context := object.get(container, "securityContext", {})
]

# What a container has of a field that the pod may say for all.
effective(pod, entry, field) := object.get(
	entry.context, field,
	object.get(pod.spec, ["securityContext", field], null),
)

deny contains lib.finding("hostProcess", pod.object, entry.name) if {
	some pod in lib.pods
	some entry in contexts(pod)
	object.get(entry.context, ["windowsOptions", "hostProcess"], false)
}

deny contains lib.finding("privileged-container", pod.object, entry.name) if {
	some pod in lib.pods
	some entry in container_contexts(pod)
	object.get(entry.context, "privileged", false)
}

deny contains lib.finding("privilege-escalation-container", pod.object, entry.name) if {
	some pod in lib.pods
	some entry in container_contexts(pod)
	object.get(entry.context, "allowPrivilegeEscalation", true)
}

deny contains lib.finding("capabilities", pod.object, entry.name) if {
	some pod in lib.pods
	some entry in container_contexts(pod)
	not "ALL" in object.get(entry.context, ["capabilities", "drop"], [])
}

deny contains lib.finding("capabilities", pod.object, added) if {
	some pod in lib.pods
	some entry in container_contexts(pod)
	some added in object.get(entry.context, ["capabilities", "add"], [])
	added != "NET_BIND_SERVICE"
}

volume_kinds := {
	"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
	"projected", "secret",
}

deny contains lib.finding("volume-types", pod.object, sprintf("%s: %s", [volume.name, kind])) if {
	some pod in lib.pods
	some volume in object.get(pod.spec, "volumes", [])
	some kind, _ in volume
	kind != "name"
	not kind in volume_kinds
}

deny contains lib.finding("hostPortSet", entry.pod.object, entry.container.name) if {
	some entry in lib.containers
	some port in object.get(entry.container, "ports", [])
	object.get(port, "hostPort", 0) != 0
}

deny contains lib.finding("unsafe-proc-mount", pod.object, entry.name) if {
	some pod in lib.pods
	some entry in container_contexts(pod)
	object.get(entry.context, "procMount", "Default") != "Default"
}

safe_sysctls := {
	"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
	"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_syncookies",
}

deny contains lib.finding("unsafe-sysctls", pod.object, sysctl.name) if {
	some pod in lib.pods
	some sysctl in object.get(pod.spec, ["securityContext", "sysctls"], [])
	not sysctl.name in safe_sysctls
}

deny contains lib.finding("apparmor", pod.object, entry.name) if {
	some pod in lib.pods
	some entry in contexts(pod)
	object.get(entry.context, ["appArmorProfile", "type"], "") == "Unconfined"
}

deny contains lib.finding("apparmor", pod.object, key) if {
	some pod in lib.pods
	some key, value in pod.annotations
	startswith(key, "container.apparmor.security.beta.kubernetes.io/")
	value == "unconfined"
}

selinux_types := {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}

deny contains lib.finding("selinux", pod.object, entry.name) if {
	some pod in lib.pods
	some entry in contexts(pod)
	options := object.get(entry.context, "seLinuxOptions", {})
	bad := [field |
		some field in ["user", "role", "type"]
		value := object.get(options, field, "")
		not selinux_allowed(field, value)
	]
	count(bad) > 0
}

selinux_allowed("type", value) if value in selinux_types

selinux_allowed(field, "") if field in {"user", "role"}

deny contains lib.finding("seccomp", pod.object, entry.name) if {
	some pod in lib.pods
	some entry in container_contexts(pod)
	profile := effective(pod, entry, "seccompProfile")
	not object.get(to_object(profile), "type", "") in {"RuntimeDefault", "Localhost"}
}

to_object(value) := value if is_object(value)

to_object(null) := {}

deny contains lib.finding("run-as-non-root", pod.object, entry.name) if {
	some pod in lib.pods
	some entry in container_contexts(pod)
	effective(pod, entry, "runAsNonRoot") != true
}

deny contains lib.finding("run-as-root-user", pod.object, entry.name) if {
	some pod in lib.pods
	some entry in contexts(pod)
	object.get(entry.context, "runAsUser", 1) == 0
}

deny contains lib.finding("host-probes", entry.pod.object, entry.container.name) if {
	some entry in lib.containers
	some kind in ["startupProbe", "readinessProbe", "livenessProbe"]
	some action in ["httpGet", "tcpSocket"]
	object.get(entry.container, [kind, action, "host"], "") != ""
}
