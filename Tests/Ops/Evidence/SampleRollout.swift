import Core
import HTTPClient

@testable import Ops

/// Records of rollouts as they might have been, for reports.
enum SampleRollout {
  static let old = "b9752eeed77f"
  static let new = "569fe78ff781"
  private static let began = Timestamp(iso8601: "2026-11-21T09:30:00.250Z") ?? .now()

  /// A rollout of two replicas without a failure, with so many probes.
  static func good(probes count: Int) -> RolloutRecord {
    var record = record(.done)
    let seconds = 20.0
    addPhases(
      [
        (.lock, 0.004, "number 7, held by process 8256"), (.preflight, 0.03, "6 checks"),
        (.baseline, 0.07, "\(old) answers, p99 13.76 ms"),
        (.backup, 0.02, "20261121025918-2, 12288 bytes, integrity checked"),
        (.migrate, 0.03, "nothing to do"), (.apply, 0.4, nil),
        (.gate, 0.25, "51 good answers in a row from \(new)"),
        (.soak, 0.19, "220 requests, 0 failed"), (.finish, 0.006, nil),
      ], of: seconds, to: &record)
    addReplicas(of: seconds, to: &record)
    addProbes(count, of: seconds, failing: nil, to: &record)
    return record
  }

  /// A rollout that failed in its gate, with a cause that is long, and was taken back.
  static func failed(probes count: Int) -> RolloutRecord {
    var record = record(.rolledBack)
    let seconds = 31.0
    record.cause =
      "pod slipway-7c9d5b9c4-x2x7k, container app: OOMKilled (exit 137, limit 128Mi), 3 restarts; "
      + "last line: app: cannot allocate 16777216 bytes for the cache of page views while "
      + "answering GET /api/pageviews/Foobar/2023/11, of 134217728 that the container may have"
    let exit = Cause.Exit(code: 137, signal: 9, reason: "OOMKilled", restarts: 3, lastLine: nil)
    record.advice = CauseAdvice(
      .outOfMemory(
        Cause.Place(pod: "slipway-7c9d5b9c4-x2x7k", container: "app"), exit, limit: "128Mi"))
    addPhases(
      [
        (.lock, 0.004, "number 7"), (.preflight, 0.03, "6 checks"), (.baseline, 0.1, nil),
        (.backup, 0.02, nil), (.migrate, 0.03, "2 migrations applied"), (.apply, 0.3, nil),
        (.gate, 0.16, record.cause), (.diagnose, 0.02, "1 piece of evidence"),
        (.rollBack, 0.2, "\(old) is back"), (.gateOld, 0.136, "\(old) serves"),
      ], of: seconds, failing: .gate, to: &record)
    record.checks.append(
      PreflightCheck("backup", .warn, "the newest backup is 25 h old, 24 h are wanted"))
    record.evidence = [
      RolloutEvidence(
        source: "pod slipway-7c9d5b9c4-x2x7k, container app, before its restart",
        state: "OOMKilled, exit 137, after 4.2 s",
        lines: [
          #"{"time":"2026-11-21T09:30:12.001Z","level":"info","msg":"listening","port":8080}"#,
          #"{"time":"2026-11-21T09:30:14.120Z","level":"warning","msg":"<b>cache</b> is full"}"#,
          "app: cannot allocate 16777216 bytes",
        ])
    ]
    addReplicas(of: seconds, to: &record, isBack: true)
    addProbes(count, of: seconds, failing: 0.55...0.6, to: &record)
    return record
  }

  private static func record(_ outcome: Outcome) -> RolloutRecord {
    var record = RolloutRecord(
      number: 7, environment: "staging",
      incoming: ReleaseName(revision: new, source: "app, sha256 f339a1f58dff"),
      outgoing: ReleaseName(revision: old, source: "app, sha256 0c1e7a44b0d2"), began: began)
    record.outcome = outcome
    record.checks = [
      PreflightCheck("database", .ok, "PostgreSQL 15.14, schema 7"),
      PreflightCheck("disk", .ok, "12 GiB free"),
    ]
    return record
  }

  private static func addPhases(
    _ phases: [(Phase, Double, String?)], of seconds: Double, failing: Phase? = nil,
    to record: inout RolloutRecord
  ) {
    var moment = began
    for (phase, share, note) in phases {
      let duration = Duration.milliseconds(Int64(share * seconds * 1000))
      record.phases.append(
        .init(
          phase: phase, began: moment, duration: duration,
          result: phase == failing ? .failed : .succeeded, note: note))
      moment = moment.advanced(by: duration)
    }
    record.ended = moment
  }

  private static func addReplicas(
    of seconds: Double, to record: inout RolloutRecord, isBack: Bool = false
  ) {
    let steps: [(Double, Int, Int, Int, Int)] =
      isBack
      ? [
        (0, 2, 2, 0, 0), (0.2, 2, 2, 0, 1), (0.4, 2, 2, 1, 2), (0.6, 2, 2, 0, 1), (0.8, 2, 2, 0, 0),
      ]
      : [
        (0, 2, 2, 0, 0), (0.2, 2, 2, 0, 2), (0.4, 2, 2, 2, 2), (0.55, 1, 2, 2, 2),
        (0.6, 0, 0, 2, 2),
      ]
    for (share, oldServing, oldTotal, newServing, newTotal) in steps {
      let counts = [
        ReplicaCount(revision: old, serving: oldServing, total: oldTotal),
        ReplicaCount(revision: new, serving: newServing, total: newTotal),
      ].filter { $0.total > 0 }
      record.replicas.add(
        counts, at: began.advanced(by: .milliseconds(Int64(share * seconds * 1000))))
    }
  }

  private static func addProbes(
    _ count: Int, of seconds: Double, failing: ClosedRange<Double>?,
    to record: inout RolloutRecord
  ) {
    record.probesBegan = began.advanced(by: .milliseconds(700))
    var report = ProbeReport()
    var chance = Chance()
    for number in 0..<count {
      let share = Double(number) / Double(max(1, count))
      let isNew = chance.next() < (share - 0.4) * 5 && (failing == nil || share < 0.6)
      let slow = chance.next() * chance.next() * chance.next()
      let milliseconds = (isNew ? 0.6 : 0.9) + slow * 40 + (chance.next() < 0.01 ? 180 : 0)
      var sample = ProbeSample(
        probeClass: number.isMultiple(of: 2) ? .fresh : .kept,
        dueAt: .microseconds(Int64(share * (seconds - 0.9) * 1_000_000)),
        total: .microseconds(Int64(milliseconds * 1000)), outcome: .status(200),
        revision: isNew ? new : old)
      if failing?.contains(share) == true, chance.next() < 0.4 {
        sample.outcome = chance.next() < 0.5 ? .status(503) : .failure(.refused)
        sample.revision = sample.outcome == .status(503) ? new : nil
      }
      record.samples.append(sample)
      report.add(sample)
    }
    report.prober.sent = count
    report.close(at: .milliseconds(Int64((seconds - 0.9) * 1000)))
    record.probes = report
  }

  /// The same numbers in every run.
  private struct Chance {
    private var state: UInt64 = 42

    /// From 0 to 1.
    mutating func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 33) / Double(UInt64(1) << 31)
    }
  }
}
