import Core

/// What all probes together say: counts, latencies by revision, gaps.
///
/// Built sample by sample in constant memory, however long the rollout takes.
struct ProbeReport: Sendable, Equatable {
  /// Counts and the longest gap of one class.
  struct ClassFigures: Sendable, Equatable {
    var requests = 0
    var failed = 0
    /// The longest time without a good answer, from the start, between answers, and to the end.
    var longestGap: Duration = .zero
    /// When that gap was over, by the prober's clock.
    var longestGapEnd: Duration = .zero
    fileprivate(set) var lastGood: Duration = .zero

    /// Ends a gap where nothing is known from then on, and begins the next one at `moment`.
    fileprivate mutating func forget(until moment: Duration) { lastGood = max(lastGood, moment) }

    /// Notes the time without a good answer that is over at `moment`, where it was the longest.
    fileprivate mutating func endGap(at moment: Duration) {
      let gap = moment - lastGood
      if gap > longestGap { (longestGap, longestGapEnd) = (gap, moment) }
    }
  }

  /// Counts and latencies of the good answers of one revision.
  struct RevisionFigures: Sendable, Equatable {
    var good = 0
    var failed = 0
    var latency = LatencyHistogram()
  }

  private(set) var requests = 0
  private(set) var failed = 0
  /// Probes that never came to the service; no requests.
  private(set) var noData = 0
  private(set) var classes: [ProbeClass: ClassFigures] = [:]
  /// By revision; answers that name none are under the empty text.
  private(set) var revisions: [String: RevisionFigures] = [:]
  private(set) var outcomes: [ProbeOutcome: Int] = [:]
  /// Latencies of good answers of all revisions.
  private(set) var latency = LatencyHistogram()
  /// How well the prober kept up.
  var prober = ProberHealth()

  /// Most revisions that are told apart; further ones are counted under `…`.
  static let revisionsMax = 32

  /// A report of what is sampled from `beganAt` on, by the prober's clock.
  init(beganAt: Duration = .zero) {
    for name in ProbeClass.allCases { classes[name] = ClassFigures(lastGood: beganAt) }
  }

  /// Counts one sample.
  mutating func add(_ sample: ProbeSample) {
    if sample.outcome == .noData {
      noData += 1
      // Nobody knows whether clients were served meanwhile: no gap is told from it.
      classes[sample.probeClass]?.forget(until: sample.endedAt)
      return
    }
    requests += 1
    outcomes[sample.outcome, default: 0] += 1
    var figures = classes[sample.probeClass, default: .init()]
    figures.requests += 1
    var name = sample.revision ?? ""
    if revisions[name] == nil, revisions.count >= Self.revisionsMax { name = "…" }
    let isAnswer = if case .status = sample.outcome { true } else { false }
    if sample.outcome.isGood {
      figures.endGap(at: sample.endedAt)
      figures.lastGood = max(figures.lastGood, sample.endedAt)
      latency.add(sample.total)
      revisions[name, default: .init()].good += 1
      revisions[name, default: .init()].latency.add(sample.total)
    } else {
      failed += 1
      figures.failed += 1
      if isAnswer { revisions[name, default: .init()].failed += 1 }
    }
    classes[sample.probeClass] = figures
  }

  /// Says that no sample comes after `end`, so that a silent end counts as a gap.
  mutating func close(at end: Duration) {
    for name in ProbeClass.allCases where classes[name]?.requests ?? 0 > 0 {
      classes[name]?.endGap(at: end)
    }
  }

  /// The longest time in which one class of clients had no good answer, nil without requests.
  var longestGap: (start: Duration, end: Duration)? {
    let longest = classes.values.filter { $0.requests > 0 }.max { $0.longestGap < $1.longestGap }
    return longest.map { ($0.longestGapEnd - $0.longestGap, $0.longestGapEnd) }
  }

  /// The share of lost requests that is not excluded with 95 % confidence; nil where any was lost.
  ///
  /// With no failure in n independent requests the bound is 3/n ("rule of three").
  var failedShareUpperBound: Double? {
    failed == 0 && requests > 0 ? min(1, 3 / Double(requests)) : nil
  }
}
