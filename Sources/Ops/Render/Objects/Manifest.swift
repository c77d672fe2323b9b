import YAML

/// One Kubernetes object as it is sent to a cluster.
struct Manifest: Sendable, Equatable {
  let node: YAMLNode

  /// An object of these parts; `body` are the keys beside apiVersion, kind and metadata.
  init(_ version: String, _ kind: String, metadata: YAMLNode, body: YAMLNode = [:]) {
    let head: YAMLNode = [
      "apiVersion": .string(version), "kind": .string(kind), "metadata": metadata,
    ]
    node = YAMLNode(.mapping((head.mapping ?? []) + (body.mapping ?? [])))
  }

  /// The object that the node describes.
  init(_ node: YAMLNode) {
    self.node = node
  }

  /// For example `apps/v1`.
  var apiVersion: String { text(["apiVersion"]) }
  var kind: String { text(["kind"]) }
  var name: String { text(["metadata", "name"]) }
  /// Nil where the object has none written.
  var namespace: String? { node.value(at: ["metadata", "namespace"])?.scalar?.text }
  /// What tells it from others in the same namespace.
  var identity: String { "\(apiVersion)/\(kind)/\(name)" }

  private func text(_ path: [String]) -> String { node.value(at: path)?.scalar?.text ?? "" }
}
