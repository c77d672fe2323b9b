import JSON

/// What a Deployment says of itself.
///
/// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/
struct DeploymentReading: Sendable, Equatable {
  let object: ObjectReading
  /// Pods that are wanted.
  let replicas: Int
  let isPaused: Bool
  /// The template of its pods.
  let template: TemplateReading
  /// The generation that its controller has worked on.
  let observedGeneration: Int64
  /// Pods of all ReplicaSets.
  let existing: Int
  /// Pods of the newest template.
  let updated: Int
  /// Pods that have been ready for `minReadySeconds`, of all ReplicaSets.
  let available: Int
  let conditions: [ConditionReading]

  init?(_ value: JSONValue) {
    guard let object = ObjectReading(value) else { return nil }
    self.object = object
    let spec = value["spec"] ?? .null
    let status = value["status"] ?? .null
    replicas = spec.count("replicas") ?? 1
    isPaused = spec["paused"]?.truth ?? false
    template = TemplateReading(spec["template"] ?? .null)
    observedGeneration = status["observedGeneration"]?.number ?? 0
    existing = status.count("replicas") ?? 0
    updated = status.count("updatedReplicas") ?? 0
    available = status.count("availableReplicas") ?? 0
    conditions = value.conditions
  }

  /// The number that the controller gave to the newest template.
  var revision: String? { object.annotations[Self.revisionAnnotation] }

  /// What the controller writes that number into, here and on ReplicaSets.
  static let revisionAnnotation = "deployment.kubernetes.io/revision"
}

/// What a ReplicaSet says of itself.
///
/// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/replica-set-v1/
struct ReplicaSetReading: Sendable, Equatable {
  let object: ObjectReading
  /// Pods that are wanted.
  let replicas: Int
  let template: TemplateReading
  /// Pods that have been ready for `minReadySeconds`.
  let available: Int
  let conditions: [ConditionReading]

  init?(_ value: JSONValue) {
    guard let object = ObjectReading(value) else { return nil }
    self.object = object
    replicas = value["spec"]?.count("replicas") ?? 1
    template = TemplateReading(value["spec"]?["template"] ?? .null)
    available = value["status"]?.count("availableReplicas") ?? 0
    conditions = value.conditions
  }

  /// The number of its template among those that its Deployment had.
  var revision: String? { object.annotations[DeploymentReading.revisionAnnotation] }
}

/// A template of pods, in the form in which two can be compared.
struct TemplateReading: Sendable, Equatable {
  /// What the controller adds to the template of a ReplicaSet, and nobody else knows.
  private static let hashLabel = "pod-template-hash"

  private let labels: [String: String]
  private let annotations: [String: String]
  private let spec: JSONValue

  init(_ template: JSONValue) {
    var labels = template["metadata"]?["labels"]?.texts ?? [:]
    labels[Self.hashLabel] = nil
    self.labels = labels
    annotations = template["metadata"]?["annotations"]?.texts ?? [:]
    spec = (template["spec"] ?? .null).ordered
  }

  /// The images of the containers.
  var images: [String] { (spec["containers"]?.elements ?? []).compactMap { $0["image"]?.text } }

  /// The values that containers have for a variable.
  func variable(_ name: String) -> [String] {
    (spec["containers"]?.elements ?? []).flatMap { $0["env"]?.elements ?? [] }
      .filter { $0["name"]?.text == name }.compactMap { $0["value"]?.text }
  }
}
