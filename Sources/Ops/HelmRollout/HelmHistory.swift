import Core
import JSON

/// What Helm remembers of a release: its revisions, the oldest first.
struct HelmHistory: Sendable, Equatable {
  /// One revision.
  struct Revision: Sendable, Equatable {
    let number: Int
    let status: Status
    /// When Helm began with it; nil where it does not say.
    let updated: Timestamp?
  }

  /// How far Helm has come with a revision.
  ///
  /// https://helm.sh/docs/helm/helm_history/
  struct Status: RawRepresentable, Sendable, Equatable {
    let rawValue: String
    static let deployed = Status(rawValue: "deployed")
    static let uninstalled = Status(rawValue: "uninstalled")
    static let uninstalling = Status(rawValue: "uninstalling")

    /// Whether Helm is at work, or died at it: it refuses all upgrades until it is put right.
    var isUnfinished: Bool { rawValue.hasPrefix("pending-") || self == .uninstalling }
  }

  /// How a release stands.
  enum Standing: Sendable, Equatable {
    /// Nothing is installed.
    case absent
    /// This revision is what Helm brought last; nil where it never came to a good end.
    case settled(Revision?)
    /// Helm is at `last`, or died at it; before that `good` was deployed.
    case unfinished(last: Revision, good: Revision?)
  }

  let revisions: [Revision]

  init(_ revisions: [Revision]) { self.revisions = revisions }

  /// Reads what `helm history --output json` prints; nil for what is none.
  init?(_ json: JSONValue) {
    guard let elements = json.elements else { return nil }
    var revisions: [Revision] = []
    for element in elements {
      guard let number = element["revision"]?.number, let status = element["status"]?.text else {
        return nil
      }
      revisions.append(
        Revision(
          number: Int(clamping: number), status: Status(rawValue: status),
          updated: element["updated"]?.text.flatMap { Timestamp(rfc3339: $0) }))
    }
    self.init(revisions.sorted { $0.number < $1.number })
  }

  var standing: Standing {
    guard let last = revisions.last, last.status != .uninstalled else { return .absent }
    return last.status.isUnfinished ? .unfinished(last: last, good: good) : .settled(good)
  }

  /// The revision that Helm brought last.
  var good: Revision? { revisions.last { $0.status == .deployed } }

  /// The revision that Helm would make next.
  var next: Int { (revisions.last?.number ?? 0) + 1 }

  func has(_ number: Int) -> Bool { revisions.contains { $0.number == number } }
}

/// What is to be done about a revision that Helm did not finish.
enum HelmRepair: Sendable, Equatable {
  /// Longer than a Helm that lives is at one revision: it waits for 5 minutes unless told
  /// otherwise, and for 16 as our documents tell.
  static let ageMin: Duration = .seconds(1800)

  /// The Helm that was at it is dead: this is how its work is taken back.
  case possible(HelmChange)
  /// Another Helm may be at work.
  case tooEarly

  /// `isOurs` says that a run whose lock we have now began the revision.
  init(_ last: HelmHistory.Revision, good: HelmHistory.Revision?, isOurs: Bool, now: Timestamp) {
    guard isOurs || last.updated.map({ now.since($0) >= Self.ageMin }) ?? false else {
      self = .tooEarly
      return
    }
    self = .possible(good.map { .rollback(to: $0.number) } ?? .uninstall)
  }
}
