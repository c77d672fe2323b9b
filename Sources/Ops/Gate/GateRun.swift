import Core
import POSIX

/// What witness b is asked: whom, how, and what is enough.
struct GateOptions: Sendable, Equatable {
  /// What is polled.
  var prober: ProberSettings
  /// What is enough.
  var policy: GatePolicy
}

/// Where a gate stands, for people who wait.
struct GateProgress: Sendable, Equatable {
  /// The phase of the decision.
  let phase: GateMachine.Phase
  /// Good answers in a row.
  let inARow: Int
  /// Since the start.
  let elapsed: Duration
  /// All probes so far.
  let report: ProbeReport
}

/// What a gate found.
struct GateResult: Sendable, Equatable {
  /// What it found; nil where it was interrupted before it knew.
  let verdict: GateVerdict?
  /// All probes.
  let report: ProbeReport
  /// The first probes one by one, at most `GateRun.samplesMax`.
  let samples: [ProbeSample]
  /// When the first probe was due.
  let startedAt: Timestamp
  /// How long it took.
  let duration: Duration
}

/// Runs the clients' witness alone: polls, judges, and gives all it saw.
enum GateRun {
  /// Most samples that are kept one by one: the report's counts have no such limit.
  static let samplesMax = 50_000
  /// How often samples are fetched and judged.
  private static let tick: Duration = .milliseconds(100)

  /// Polls until there is a verdict, or until `isInterrupted` says so.
  ///
  /// `isInterrupted` is given the time to wait and may return earlier; `progress` is called after
  /// each such wait.
  static func run(
    _ options: GateOptions, baseline: Baseline? = nil,
    isInterrupted: (Duration) -> Bool = {
      WorkThread.sleep($0)
      return false
    },
    progress: (GateProgress) -> Void = { _ in }
  ) throws(SystemError) -> GateResult {
    let prober = try Prober(options.prober)
    defer { prober.cancel() }
    var machine = GateMachine(options.policy, baseline: baseline)
    var notes = GateNotes()
    var verdict: GateVerdict?
    while verdict == nil {
      if isInterrupted(tick) { break }
      let (samples, health) = prober.fetch()
      verdict = notes.judge(samples, health, at: prober.elapsed, &machine)
      progress(
        GateProgress(
          phase: machine.phase, inARow: machine.inARow, elapsed: prober.elapsed,
          report: notes.report))
    }
    // Probes in flight are waited for: a loss that the verdict did not see belongs in the report.
    let (samples, health) = prober.stop()
    notes.add(samples, health)
    if verdict == .passed, notes.report.failed > options.policy.failedMax {
      verdict = notes.judgeLast(samples, options.policy)
    }
    notes.report.close(at: prober.elapsed)
    return GateResult(
      verdict: verdict, report: notes.report, samples: notes.samples,
      startedAt: prober.startedAt, duration: prober.elapsed)
  }
}

/// What is written down while a gate runs.
private struct GateNotes {
  var report = ProbeReport()
  private(set) var samples: [ProbeSample] = []

  mutating func add(_ new: [ProbeSample], _ health: ProberHealth) {
    for sample in new { report.add(sample) }
    report.prober = health
    samples += new.prefix(max(0, GateRun.samplesMax - samples.count))
  }

  /// Notes and judges; the verdict where there is one.
  mutating func judge(
    _ new: [ProbeSample], _ health: ProberHealth, at now: Duration, _ machine: inout GateMachine
  ) -> GateVerdict? {
    add(new, health)
    for sample in new {
      if case .finish(let verdict) = machine.handle(.sample(sample)) { return verdict }
    }
    if case .finish(let verdict) = machine.handle(.tick(now, health)) { return verdict }
    return nil
  }

  /// The verdict where probes failed that were still in flight when the soak was over.
  func judgeLast(_ last: [ProbeSample], _ policy: GatePolicy) -> GateVerdict {
    guard let lost = last.last(where: { $0.outcome.isFailed }) else { return .passed }
    return .failed(
      .tooManyFailed(
        failed: report.failed, allowed: policy.failedMax, last: lost.outcome,
        probeClass: lost.probeClass, words: lost.words))
  }
}
