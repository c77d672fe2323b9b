import Core
import JSON

/// How a Deployment stands.
///
/// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
struct DeploymentStanding: Sendable, Equatable {
  let wanted: Int64
  let updated: Int64
  let available: Int64
  let total: Int64
  let isObserved: Bool
  /// The REVISION that its pods answer with.
  let revision: String?
  /// Why it makes no progress any more.
  let stuck: String?

  init(_ object: JSONValue) {
    let status = object["status"]
    func count(_ name: String) -> Int64 { status?[name]?.number ?? 0 }
    wanted = object["spec"]?["replicas"]?.number ?? 1
    updated = count("updatedReplicas")
    available = count("availableReplicas")
    total = count("replicas")
    isObserved = count("observedGeneration") >= object["metadata"]?["generation"]?.number ?? 0
    let containers = object["spec"]?["template"]?["spec"]?["containers"]?.elements ?? []
    revision =
      containers.lazy.flatMap { $0["env"]?.elements ?? [] }
      .first { $0["name"]?.text == "REVISION" }?["value"]?.text
    stuck =
      (status?["conditions"]?.elements ?? []).first {
        $0["type"]?.text == "Progressing" && $0["status"]?.text == "False"
      }?["message"]?.text
  }

  /// Whether all of it is the newest, and serves.
  var isComplete: Bool {
    isObserved && updated >= wanted && available >= wanted && total == updated
  }

  var words: String {
    "\(updated) of \(wanted) updated, \(available) available, \(total - updated) old"
  }
}
