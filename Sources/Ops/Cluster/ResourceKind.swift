/// A kind of Kubernetes object, and the path under which the API keeps it.
struct ResourceKind: Sendable, Hashable {
  /// Group and version, as objects carry it: `v1`, `apps/v1`.
  let apiVersion: String
  /// As objects carry it: `Pod`.
  let kind: String
  /// As paths carry it: `pods`.
  let plural: String
  /// Whether its objects live in a namespace.
  let isNamespaced: Bool

  init(_ apiVersion: String, _ kind: String, _ plural: String, isNamespaced: Bool = true) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.plural = plural
    self.isNamespaced = isNamespaced
  }

  /// The part of the version before the slash; empty for the core group.
  var group: String {
    apiVersion.contains("/") ? String(apiVersion.prefix { $0 != "/" }) : ""
  }

  static let namespace = ResourceKind("v1", "Namespace", "namespaces", isNamespaced: false)
  static let pod = ResourceKind("v1", "Pod", "pods")
  static let event = ResourceKind("v1", "Event", "events")
  static let configMap = ResourceKind("v1", "ConfigMap", "configmaps")
  static let secret = ResourceKind("v1", "Secret", "secrets")
  static let service = ResourceKind("v1", "Service", "services")
  static let endpointSlice = ResourceKind(
    "discovery.k8s.io/v1", "EndpointSlice", "endpointslices")
  static let deployment = ResourceKind("apps/v1", "Deployment", "deployments")
  static let replicaSet = ResourceKind("apps/v1", "ReplicaSet", "replicasets")
  static let statefulSet = ResourceKind("apps/v1", "StatefulSet", "statefulsets")
  static let job = ResourceKind("batch/v1", "Job", "jobs")
  static let cronJob = ResourceKind("batch/v1", "CronJob", "cronjobs")
  static let accessReview = ResourceKind(
    "authorization.k8s.io/v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews",
    isNamespaced: false)
  static let lease = ResourceKind("coordination.k8s.io/v1", "Lease", "leases")
}
