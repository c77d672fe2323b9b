import Core
import JSON

/// The objects of a release as a cluster keeps them, for the way back.
///
/// One ConfigMap for each release that is remembered: what was applied is brought back, whatever
/// the files say by then.
struct ClusterManifests {
  /// What the objects of a release may be, in bytes: an object of Kubernetes has 1 MiB.
  static let bytesMax = 900 * 1024
  private static let key = "objects.json"

  let client: ClusterClient
  let names: ClusterNames

  /// Keeps the objects of a rollout, in the place of those that an earlier attempt kept, and the
  /// values that Helm makes them of.
  func keep(_ objects: [ClusterObject], values: JSONValue? = nil, of number: Int) throws {
    let array = JSONValue.array(objects.map(\.json))
    let text = (values.map { ["objects": array, "values": $0] } ?? array).written()
    guard text.utf8.count <= Self.bytesMax else {
      throw RolloutRefusal(
        "the objects of the release are \(text.utf8.count) bytes; at most \(Self.bytesMax) can be"
          + " kept for the way back")
    }
    let object: JSONValue = [
      "apiVersion": .string(ResourceKind.configMap.apiVersion),
      "kind": .string(ResourceKind.configMap.kind),
      "metadata": names.metadata(names.manifests(number), annotations: [:]),
      "data": .object([JSONMember(Self.key, .string(text))]),
    ]
    try client.apply(.configMap, object, in: names.namespace)
  }

  /// The objects of a rollout; nil where they are not kept any more.
  func load(_ number: Int) throws -> [ClusterObject]? {
    guard let text = try read(number) else { return nil }
    let json = try JSONReader.read(text)
    return (json["objects"] ?? json).elements?.compactMap(ClusterObject.init)
  }

  /// The values of a rollout; nil where Helm did not bring it, or they are not kept any more.
  func values(of number: Int) throws -> JSONValue? {
    try read(number).flatMap { try JSONReader.read($0)["values"] }
  }

  private func read(_ number: Int) throws -> String? {
    let object = try client.get(.configMap, names.manifests(number), in: names.namespace)
    return object?["data"]?[Self.key]?.text
  }

  /// Removes those that nothing remembers: of all rollouts before `number` but `kept`.
  func prune(before number: Int, keeping kept: Set<Int>, known: [Int]) throws {
    for old in known where old < number && !kept.contains(old) {
      try client.delete(.configMap, names.manifests(old), in: names.namespace)
    }
  }
}
