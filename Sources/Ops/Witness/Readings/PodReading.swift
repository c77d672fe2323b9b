import JSON

/// What a pod says of itself.
///
/// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
struct PodReading: Sendable, Equatable {
  let object: ObjectReading
  /// `Pending`, `Running`, `Succeeded`, `Failed`.
  let phase: String
  /// Why the pod as a whole ended, `Evicted` for one; empty where it did not.
  let reason: String
  let message: String
  let node: String?
  let conditions: [ConditionReading]
  /// In the order in which they start.
  let containers: [ContainerReading]

  init?(_ value: JSONValue) {
    guard let object = ObjectReading(value) else { return nil }
    self.object = object
    let spec = value["spec"] ?? .null
    let status = value["status"] ?? .null
    phase = status["phase"]?.text ?? ""
    reason = status["reason"]?.text ?? ""
    message = status["message"]?.text ?? ""
    node = spec["nodeName"]?.text
    conditions = value.conditions
    containers =
      Self.join(spec["initContainers"], status["initContainerStatuses"], isInit: true)
      + Self.join(spec["containers"], status["containerStatuses"], isInit: false)
  }

  private static func join(
    _ specifications: JSONValue?, _ statuses: JSONValue?, isInit: Bool
  ) -> [ContainerReading] {
    (specifications?.elements ?? []).compactMap { specification in
      let status = statuses?.elements?.first { $0["name"] == specification["name"] }
      return ContainerReading(
        specification: specification, status: status ?? .null, isInit: isInit)
    }
  }

  var isReady: Bool { conditions["Ready"]?.holds == true }

  /// Whether the cluster took it away, which says nothing of what ran in it.
  var isDisrupted: Bool { conditions["DisruptionTarget"]?.holds == true }

  /// Whether one of its containers has ever run.
  var hasBegun: Bool {
    containers.contains { container in
      switch container.state {
      case .running, .ended: true
      case .waiting: container.lastEnding != nil
      }
    }
  }
}
