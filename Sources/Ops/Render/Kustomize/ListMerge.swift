import YAML

/// What kustomize makes of a list and a patch for it.
///
/// It knows the types of Kubernetes; every list of a custom resource is replaced.
/// https://kubectl.docs.kubernetes.io/references/kustomize/glossary/#patchstrategicmerge
enum ListMerge: Equatable {
  /// The list of the patch takes its place.
  case replaced
  /// Elements are told apart by the value of a key; those of the patch come first, in its order.
  case keyed(String)
  /// Elements are told apart by several keys; a patch says that it takes the place.
  case keyedByMany

  /// The way of the list under `field` in objects of `kind`, written as `apps/v1/Deployment`.
  init(_ field: String, in kind: String) {
    let known: [String: ListMerge] =
      switch kind {
      case "apps/v1/Deployment", "apps/v1/StatefulSet", "batch/v1/Job", "batch/v1/CronJob":
        Self.ofPods
      case "v1/Service": ["ports": .keyedByMany]
      case "v1/ServiceAccount": ["secrets": .keyed("name")]
      default: [:]
      }
    self = known[field] ?? .replaced
  }

  private static let ofPods: [String: ListMerge] = [
    "containers": .keyed("name"), "env": .keyed("name"), "hostAliases": .keyed("ip"),
    "imagePullSecrets": .keyed("name"), "initContainers": .keyed("name"), "ports": .keyedByMany,
    "topologySpreadConstraints": .keyedByMany, "volumeDevices": .keyed("devicePath"),
    "volumeMounts": .keyed("mountPath"), "volumes": .keyed("name"),
  ]
}
