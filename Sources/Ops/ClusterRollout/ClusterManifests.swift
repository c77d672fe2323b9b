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
  let lease: ClusterLease

  private func kept(_ number: Int) -> KeptText {
    KeptText(
      client: client, names: names, lease: lease, name: names.manifests(number), key: Self.key,
      labels: [ClusterNames.releaseLabel: String(number)])
  }

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
    let kept = kept(number)
    try kept.write(text, over: kept.read())
  }

  /// The objects of a rollout; nil where they are not kept any more.
  func load(_ number: Int) throws -> [ClusterObject]? {
    guard let json = try read(number) else { return nil }
    return (json["objects"] ?? json).elements?.compactMap(ClusterObject.init)
  }

  /// The values of a rollout; nil where Helm did not bring it, or they are not kept any more.
  func values(of number: Int) throws -> JSONValue? { try read(number)?["values"] }

  private func read(_ number: Int) throws -> JSONValue? {
    try kept(number).read().map { try JSONReader.read($0.text) }
  }

  /// Removes those that nothing remembers: of all rollouts before `number` but `remembered`.
  func prune(before number: Int, keeping remembered: Set<Int>) throws {
    let selection = ClusterSelection(
      .configMap, in: names.namespace, labels: names.selection(ClusterNames.releaseLabel))
    for object in try client.list(selection).items {
      guard let old = ClusterNames.number(ClusterNames.releaseLabel, of: object), old < number,
        !remembered.contains(old)
      else { continue }
      try client.delete(
        .configMap, names.manifests(old), in: names.namespace,
        uid: object["metadata"]?["uid"]?.text)
    }
  }
}
