import Core
import JSON

/// What a Lease of a cluster says of who holds an environment.
///
/// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
struct LeaseRecord: Sendable, Equatable {
  /// The annotation that names what the holder does.
  static let purposeKey = "slipway/purpose"
  /// The annotation that names the holder's process.
  static let processKey = "slipway/process"

  /// What the next change must name.
  var resourceVersion: String?
  /// Empty while nobody holds it.
  var identity: String
  /// How long it holds without renewal.
  var duration: Duration
  var since: Timestamp
  /// When it was renewed, by the clock of the holder: nobody else judges by it.
  var renewed: Timestamp
  /// The fencing number, which Kubernetes calls the transitions.
  var fence: Int64
  var purpose: String
  /// The holder's process, for those on the same machine.
  var process: ProcessMark?

  var isFree: Bool { identity.isEmpty }

  /// Who holds it, as people are told.
  var holder: LockHolder {
    let name = LeaseIdentity(identity)
    return LockHolder(
      fence: fence, process: name?.process ?? 0, host: name?.host ?? identity, purpose: purpose,
      since: since, until: renewed.advanced(by: duration), isReleased: isFree)
  }
}

/// The name of a holder: where it runs, and a word that no other run has.
struct LeaseIdentity: Sendable, Equatable {
  let host: String
  let process: Int32
  let word: String

  init(host: String, process: Int32, word: String) {
    (self.host, self.process, self.word) = (host, process, word)
  }

  /// Reads `HOST/PROCESS/WORD`; nil for what somebody else wrote.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, let process = Int32(parts[1]) else { return nil }
    self.init(host: String(parts[0]), process: process, word: String(parts[2]))
  }

  var text: String { "\(host)/\(process)/\(word)" }
}

extension LeaseRecord {
  /// Reads a Lease as the API gives it; what it does not say is as if nobody held it.
  init(_ object: JSONValue) {
    let spec = object["spec"]
    func time(_ name: String) -> Timestamp? {
      spec?[name]?.text.flatMap { Timestamp(iso8601: $0) }
    }
    let annotations = object["metadata"]?["annotations"]
    let renewed = time("renewTime") ?? Timestamp(microsecondsSinceEpoch: 0)
    self.init(
      resourceVersion: object["metadata"]?["resourceVersion"]?.text,
      identity: spec?["holderIdentity"]?.text ?? "",
      duration: .seconds(spec?["leaseDurationSeconds"]?.number ?? 0),
      since: time("acquireTime") ?? renewed, renewed: renewed,
      fence: spec?["leaseTransitions"]?.number ?? 0,
      purpose: annotations?[Self.purposeKey]?.text ?? "a rollout",
      process: annotations?[Self.processKey]?.text.flatMap { ProcessMark($0) })
  }

  /// The Lease as it is sent; one without a resource version is made.
  func object(_ name: String, of names: ClusterNames) -> JSONValue {
    [
      "apiVersion": .string(ResourceKind.lease.apiVersion),
      "kind": .string(ResourceKind.lease.kind),
      "metadata": names.metadata(
        name, resourceVersion: resourceVersion,
        annotations: [Self.purposeKey: purpose]
          .merging(process.map { [Self.processKey: $0.text] } ?? [:]) { $1 }),
      "spec": [
        "holderIdentity": .string(identity),
        "leaseDurationSeconds": .integer(max(1, duration.components.seconds)),
        "acquireTime": .string(since.iso8601InMicroseconds),
        "renewTime": .string(renewed.iso8601InMicroseconds),
        "leaseTransitions": .integer(fence),
      ],
    ]
  }
}
