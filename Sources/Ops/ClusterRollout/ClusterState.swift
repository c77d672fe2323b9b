import Core
import JSON

/// A release as it runs, or ran, in a cluster.
struct ClusterRelease: RolloutRelease {
  /// The rollout that brought it.
  let number: Int
  /// What its answers carry: the hash of image and settings.
  let revision: String
  /// The reference that nodes pull.
  let image: String
  /// The version of the service, where the image's tag says it.
  let version: String?
  /// When it was brought.
  let time: Timestamp
  /// What `--set-env` changed; a release that comes again has them in its objects.
  var variables: [String: String] = [:]
  /// The revision by which Helm brings it back; nil where Helm did not bring it, or not yet.
  var helmRevision: Int?
}

extension ClusterRelease {
  var json: JSONValue {
    [
      "number": .integer(Int64(number)), "revision": .string(revision), "image": .string(image),
      "version": version.map { .string($0) } ?? .null, "time": .string(time.iso8601),
      "variables": .object(
        variables.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) }),
      "helmRevision": helmRevision.map { .integer(Int64($0)) } ?? .null,
    ]
  }

  init?(_ json: JSONValue) {
    guard let number = json["number"]?.number, let revision = json["revision"]?.text,
      let image = json["image"]?.text,
      let time = json["time"]?.text.flatMap({ Timestamp(iso8601: $0) })
    else { return nil }
    self.init(
      number: Int(clamping: number), revision: revision, image: image,
      version: json["version"]?.text, time: time,
      variables: Dictionary(
        (json["variables"]?.members ?? []).compactMap { member in
          member.value.text.map { (member.name, $0) }
        }, uniquingKeysWith: { first, _ in first }),
      helmRevision: json["helmRevision"]?.number.map { Int(clamping: $0) })
  }
}

/// What an environment of a cluster remembers, in a ConfigMap of its namespace.
struct ClusterStateStore {
  private static let key = "state.json"

  let client: ClusterClient
  let names: ClusterNames

  func load() throws -> RolloutState<ClusterRelease> {
    guard let object = try read(), let text = object["data"]?[Self.key]?.text else {
      return RolloutState()
    }
    let place = "ConfigMap \(names.state) in namespace \(names.namespace)"
    let json: JSONValue
    do {
      json = try JSONReader.read(text)
    } catch {
      throw StateUnreadable(place: place, detail: "\(error)")
    }
    return try RolloutState(json, place: place)
  }

  /// Remembers `state`; fails where somebody else wrote since it was read here.
  func save(_ state: RolloutState<ClusterRelease>) throws {
    let before = try read()
    let object: JSONValue = [
      "apiVersion": .string(ResourceKind.configMap.apiVersion),
      "kind": .string(ResourceKind.configMap.kind),
      "metadata": names.metadata(
        names.state, resourceVersion: before?["metadata"]?["resourceVersion"]?.text),
      "data": .object([JSONMember(Self.key, .string(state.json.written(pretty: true)))]),
    ]
    if before == nil {
      try client.create(.configMap, object, in: names.namespace)
    } else {
      try client.replace(.configMap, object, in: names.namespace)
    }
  }

  private func read() throws(ClusterFailure) -> JSONValue? {
    try client.get(.configMap, names.state, in: names.namespace)
  }
}
