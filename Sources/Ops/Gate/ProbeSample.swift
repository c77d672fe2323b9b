import Core
import HTTPClient

/// How a probe reaches the service; each kind of client loses requests in its own way.
enum ProbeClass: String, Sendable, CaseIterable {
  /// On a connection made for it.
  case fresh = "new"
  /// On a connection that is kept open between probes.
  case kept
}

/// What came of a probe.
enum ProbeOutcome: Sendable, Hashable {
  /// An answer with this status.
  case status(Int)
  /// No answer.
  case failure(HTTPClientError.Kind)
  /// The way to the service was away: neither good nor bad.
  case noData

  /// Whether a client got what it asked for.
  var isGood: Bool {
    if case .status(let status) = self { (200...299).contains(status) } else { false }
  }

  /// Whether a client lost what it asked for.
  var isFailed: Bool { !isGood && self != .noData }

  /// Whether a prober without processor time could have caused it.
  var mayBeTheProbersFault: Bool { self == .failure(.timeout) || self == .failure(.connectTimeout) }
}

extension ProbeOutcome: CustomStringConvertible {
  /// `200` or `refused`.
  var description: String {
    switch self {
    case .status(let status): "\(status)"
    case .failure(let kind): kind.rawValue
    case .noData: "no data"
    }
  }
}

/// One poll of the service, as a client saw it.
struct ProbeSample: Sendable, Equatable {
  /// How it went out.
  var probeClass: ProbeClass
  /// When it was due, counted from the prober's start.
  var dueAt: Duration
  /// How much later than due it went out; the prober's own doing, not the service's.
  var lateness: Duration = .zero
  /// Until the connection stood; zero on a kept one.
  var connect: Duration = .zero
  /// Until the last byte of the answer, or until the failure was known.
  var total: Duration
  /// What came of it.
  var outcome: ProbeOutcome
  /// What else is known of a failure.
  var words: String?
  /// The revision that answered, where it says so.
  var revision: String?

  /// When it was over, counted from the prober's start.
  var endedAt: Duration { dueAt + lateness + total }
}

/// How well the prober itself kept up, without which its samples prove little.
struct ProberHealth: Sendable, Equatable {
  /// Probes that went out.
  var sent = 0
  /// Probes that went out more than `ProberSettings.latenessMax` after they were due.
  var late = 0
  /// The greatest lateness.
  var latenessWorst: Duration = .zero
  /// Probes that did not go out: too many in flight, or the prober was stopped for a while.
  var skipped = 0
  /// Samples that nobody fetched in time.
  var dropped = 0
  /// When the oldest probe was due that has no answer yet; nil where none is on its way.
  var unanswered: Duration?

  /// The share of late and skipped probes that is still no reason for doubt.
  static let lateShareMax = 0.01
  /// So many of them are no reason for doubt, however few were sent.
  static let lateCountMax = 5

  /// What came since it was `earlier`; the worst lateness is that of all time.
  func since(_ earlier: ProberHealth) -> ProberHealth {
    var health = self
    health.sent -= earlier.sent
    health.late -= earlier.late
    health.skipped -= earlier.skipped
    health.dropped -= earlier.dropped
    return health
  }

  /// Counts what came meanwhile as well.
  mutating func add(_ more: ProberHealth) {
    sent += more.sent
    late += more.late
    skipped += more.skipped
    dropped += more.dropped
  }

  /// Why the prober's samples prove little, nil where they do prove something.
  var bottleneck: String? {
    if dropped > 0 { return "\(counted(dropped, "sample")) not kept" }
    let allowed = max(Double(Self.lateCountMax), Self.lateShareMax * Double(sent + skipped))
    guard Double(late + skipped) > allowed else { return nil }
    if skipped > 0 {
      return "\(skipped) of \(counted(sent + skipped, "probe")) could not be sent"
        + (late > 0 ? ", \(late) were late" : "")
    }
    return "\(late) of \(sent) probes were late, the worst by \(latenessWorst.inMilliseconds) ms"
  }
}
