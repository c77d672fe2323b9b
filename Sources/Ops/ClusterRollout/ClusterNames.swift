import Core
import JSON

/// What the objects are called in which a cluster keeps the rollouts of an environment.
struct ClusterNames: Sendable, Equatable {
  /// The label whose value is the number of a rollout.
  static let numberLabel = "slipway/rollout"
  /// The label whose value is the number of the rollout that a release's objects are of.
  static let releaseLabel = "slipway/release"
  private static let component = "rollout"

  /// The name that the service's own objects begin with.
  let service: String
  let namespace: String

  var lease: String { "\(service)-rollout" }
  var state: String { "\(service)-rollout" }
  func journal(_ number: Int) -> String { "\(service)-rollout-\(number)" }
  func manifests(_ number: Int) -> String { "\(service)-release-\(number)" }

  /// Selects what is kept under such a label.
  func selection(_ label: String) -> String {
    "app.kubernetes.io/instance=\(service),app.kubernetes.io/component=\(Self.component),\(label)"
  }

  /// The metadata of such an object; with a resource version it replaces that one alone.
  func metadata(
    _ name: String, labels own: [String: String] = [:], resourceVersion: String? = nil,
    annotations: [String: String] = [:]
  ) -> JSONValue {
    let labels =
      [
        JSONMember("app.kubernetes.io/instance", .string(service)),
        JSONMember("app.kubernetes.io/component", .string(Self.component)),
        JSONMember("app.kubernetes.io/managed-by", "ops"),
      ] + own.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) }
    var members = [
      JSONMember("name", .string(name)), JSONMember("namespace", .string(namespace)),
      JSONMember("labels", .object(labels)),
    ]
    if let resourceVersion {
      members.append(JSONMember("resourceVersion", .string(resourceVersion)))
    }
    if !annotations.isEmpty {
      let all = annotations.sorted { $0.key < $1.key }
      members.append(
        JSONMember("annotations", .object(all.map { JSONMember($0.key, .string($0.value)) })))
    }
    return .object(members)
  }

  /// The number that an object has under a label; nil for one of none.
  static func number(_ label: String, of object: JSONValue) -> Int? {
    object["metadata"]?["labels"]?[label]?.text.flatMap { Int($0) }
  }
}
