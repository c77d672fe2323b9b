import Core

/// What a service must show to pass the gate.
struct GatePolicy: Sendable, Equatable {
  /// Which revisions may answer.
  enum Revisions: Sendable, Equatable {
    /// Any, or none named: the service is judged as it is.
    case any
    /// This one in the end; others are waited out.
    case becoming(String)
    /// This one in the end, the old one until then (nil: there is none), no other at any time.
    case replacing(old: String?, new: String)

    /// The revision that must answer in the end, nil where any may.
    var wanted: String? {
      switch self {
      case .any: nil
      case .becoming(let new), .replacing(_, let new): new
      }
    }

    /// Whether `revision` has no business here.
    func isForeign(_ revision: String) -> Bool {
      if case .replacing(let old, let new) = self {
        revision != new && revision != old
      } else {
        false
      }
    }
  }

  /// Good answers in a row, all from the wanted revision, before the soak begins.
  var consecutive = 50
  /// Failed probes that are forgiven, over the whole time.
  var failedMax = 0
  /// The share of failed probes that is forgiven, over the whole time, within `failedMax`; nil
  /// where that alone counts.
  var failedShareMax: Double?
  /// The highest 99th percentile of good answers, whatever was before; nil for none.
  var latencyMax: Duration?
  /// Which revisions may answer.
  var revisions = Revisions.any
  /// How long all must stay good after that.
  var soak: Duration = .seconds(30)
  /// Most time until the soak begins.
  var timeout: Duration = .seconds(300)
  /// Most time without any sample.
  var silenceMax: Duration = .seconds(10)
  /// How much longer than the soak is waited for an end of doubt.
  var doubtMax: Duration = .seconds(60)
  /// How long the platform may not be asked during the soak until nobody knows, unless clients are
  /// answered well meanwhile.
  var unknownMax: Duration = .seconds(120)
  /// How much higher than the baseline's the 99th percentile may be.
  var latencyFactor = 3.0
  /// A 99th percentile up to this is never too high: small times vary by large factors.
  var latencyFloor: Duration = .milliseconds(50)
  /// Whether probes that went out late make a good result doubtful.
  ///
  /// They do where requests may have been lost between them; they do not where all that is asked
  /// is whether a process stays up and healthy.
  var judgesProber = true
  /// Whether the platform must agree: `GateEvent.platform` with `.complete`.
  var needsPlatform = false
  /// Whether failures count of probes that were due before judging began.
  var countsEarlier = true
  /// The revision that goes, whose failures are not the wanted one's; nil for none.
  var leaving: String?

  /// Whether a failure, met by a gate that began at `beganAt`, is another release's.
  func isForgiven(_ failure: ProbeSample, beganAt: Duration) -> Bool {
    if !countsEarlier, failure.dueAt < beganAt { return true }
    return leaving != nil && failure.revision == leaving
  }
}

/// What the service was like before anything changed.
struct Baseline: Sendable, Equatable {
  /// Half of the answers were not slower.
  var p50: Duration
  /// 99 of 100 answers were not slower.
  var p99: Duration
  /// The revision that answered, nil where none was named or several did.
  var revision: String?

  /// Fewer samples say nothing of a 99th percentile; with them the worst stands for it.
  static let requestsMin = 20

  /// Reads the baseline from what the probes saw, or says why there is none.
  static func read(_ report: ProbeReport, failedMax: Int = 0) -> BaselineReading {
    if report.requests == 0 { return .noData("no probe was answered or refused") }
    if report.failed > failedMax {
      let worst = report.sortedOutcomes.first { !$0.outcome.isGood }
      return .broken(
        "\(report.failed) of \(counted(report.requests, "probe")) failed"
          + (worst.map { ", mostly: \($0.outcome)" } ?? ""))
    }
    if report.requests < requestsMin { return .noData("only \(counted(report.requests, "probe"))") }
    if let doubt = report.prober.bottleneck { return .noData(doubt) }
    if let doubt = GateIntake.doubt(unheard: report.noData, heard: report.requests) {
      return .noData("\(doubt)")
    }
    guard let p50 = report.latency.percentile(0.5), let p99 = report.latency.percentile(0.99)
    else { return .noData("no good answer") }
    let names = report.revisions.keys.filter { !$0.isEmpty }
    return .healthy(
      Baseline(p50: p50, p99: p99, revision: names.count == 1 ? names.first : nil))
  }
}

/// What serves now, judged.
enum BaselineReading: Sendable, Equatable {
  /// It serves well.
  case healthy(Baseline)
  /// It does not.
  case broken(String)
  /// Nobody knows.
  case noData(String)

  /// Whether more probes may tell more than those of `report`.
  func isOpen(_ report: ProbeReport) -> Bool {
    if case .noData = self { return true }
    return report.requests < Baseline.requestsMin
  }
}
