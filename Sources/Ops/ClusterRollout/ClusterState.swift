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
  /// The version of the service, where the image's tag or the release itself has said it.
  var version: String?
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
final class ClusterStateStore: Sendable {
  private static let key = "state.json"

  private let kept: KeptText
  /// As it was read or written here last.
  private let seen = Guarded<KeptText.Seen?>(nil)

  init(_ client: ClusterClient, _ names: ClusterNames, _ lease: ClusterLease) {
    kept = KeptText(
      client: client, names: names, lease: lease, name: names.state, key: Self.key)
  }

  func load() throws -> RolloutState<ClusterRelease> {
    let read = try kept.read()
    seen.withLock { $0 = read }
    guard let read else { return RolloutState() }
    let place = "ConfigMap \(kept.name) in namespace \(kept.names.namespace)"
    let json: JSONValue
    do {
      json = try JSONReader.read(read.text)
    } catch {
      throw StateUnreadable(place: place, detail: "\(error)")
    }
    return try RolloutState(json, place: place)
  }

  /// Remembers `state`; fails where somebody else wrote since it was loaded here.
  func save(_ state: RolloutState<ClusterRelease>) throws {
    let written = try kept.write(state.json.written(pretty: true), over: seen.withLock { $0 })
    seen.withLock { $0 = written }
  }
}
