import JSON

/// A text that an environment keeps in a ConfigMap, written by one holder of the lock at a time.
///
/// Each write names the version that was read before, and carries the number of its holder: what a
/// later holder wrote is never replaced by one that was suspended meanwhile.
struct KeptText {
  /// The annotation with the number of the holder who wrote last.
  static let fenceKey = "slipway/fence"

  /// A text as it was read.
  struct Seen: Sendable, Equatable {
    let text: String
    /// What the next write must name.
    let version: String?
    /// The number of the holder who wrote it.
    let fence: Int64
  }

  let client: ClusterClient
  let names: ClusterNames
  let lease: ClusterLease
  /// The ConfigMap's name.
  let name: String
  let key: String
  /// The labels that select it among all that are kept.
  var labels: [String: String] = [:]

  /// The text, nil where none is kept.
  func read() throws(ClusterFailure) -> Seen? {
    try client.get(.configMap, name, in: names.namespace).map { seen($0) }
  }

  /// Puts `text` in the place of what was seen, nil where there was nothing.
  ///
  /// Throws `conflict` or `alreadyExists` where somebody else wrote since.
  @discardableResult
  func write(_ text: String, over before: Seen?) throws(ClusterFailure) -> Seen {
    if let before { try lease.checkNumber(before.fence) }
    let object: JSONValue = [
      "apiVersion": .string(ResourceKind.configMap.apiVersion),
      "kind": .string(ResourceKind.configMap.kind),
      "metadata": names.metadata(
        name, labels: labels, resourceVersion: before?.version,
        annotations: [Self.fenceKey: String(lease.number)]),
      "data": .object([JSONMember(key, .string(text))]),
    ]
    let written =
      before == nil
      ? try client.create(.configMap, object, in: names.namespace)
      : try client.replace(.configMap, object, in: names.namespace)
    return seen(written)
  }

  private func seen(_ object: JSONValue) -> Seen {
    Seen(
      text: object["data"]?[key]?.text ?? "",
      version: object["metadata"]?["resourceVersion"]?.text, fence: Self.fence(of: object))
  }

  /// The number of the holder that an object carries, 0 where it carries none.
  static func fence(of object: JSONValue?) -> Int64 {
    object?["metadata"]?["annotations"]?[fenceKey]?.text.flatMap { Int64($0) } ?? 0
  }
}
