import Core

/// Decides whether a Lease may be taken, without asking anybody.
///
/// The clocks of two machines say nothing of each other. A holder that is there renews, so a Lease
/// that is watched for as long as it holds, and does not change meanwhile, has no holder any more.
struct LeaseMachine: Sendable, Equatable {
  /// What was seen, and when by the clock of this machine that counts no jumps.
  enum Event: Sendable, Equatable {
    /// The Lease, nil where there is none.
    case seen(LeaseRecord?, at: Duration)
    /// The Lease was changed by somebody between the look and the write.
    case overtaken
  }

  /// What is to be done.
  enum Action: Sendable, Equatable {
    /// Write this one, on condition that nobody else did meanwhile.
    case take(LeaseRecord)
    /// Look again after this time.
    case wait(Duration)
    /// Somebody holds it, and renews.
    case refuse(LockHolder)
  }

  /// Time between two looks.
  static let interval: Duration = .milliseconds(500)
  /// What somebody else may have written is believed no longer.
  static let durationMax: Duration = .seconds(60)
  /// How often others may be faster before it is clear that they hold it.
  static let overtakenMax = 5

  /// What the record of the new holder is made of.
  struct Candidate: Sendable, Equatable {
    let identity: LeaseIdentity
    let purpose: String
    var process: ProcessMark?
  }

  private struct Sighting: Sendable, Equatable {
    let record: LeaseRecord
    let at: Duration
  }

  private let candidate: Candidate
  private var first: Sighting?
  private var timesOvertaken = 0

  init(_ candidate: Candidate) { self.candidate = candidate }

  /// Takes in what was seen; `now` is the wall's clock, `isGone` whether the holder's process is
  /// known to have ended.
  mutating func handle(
    _ event: Event, now: Timestamp, isGone: (LeaseRecord) -> Bool = { _ in false }
  ) -> Action {
    switch event {
    case .overtaken:
      timesOvertaken += 1
      return .wait(Self.interval)
    case .seen(let record, let moment):
      guard let record, !record.isFree else { return .take(taken(from: record, now)) }
      if timesOvertaken > Self.overtakenMax { return .refuse(record.holder) }
      // What has ended changes nothing more: its time need not be waited for.
      if isGone(record) { return .take(taken(from: record, now)) }
      return judge(record, moment, now)
    }
  }

  private mutating func judge(
    _ record: LeaseRecord, _ moment: Duration, _ now: Timestamp
  ) -> Action {
    guard let first else {
      self.first = Sighting(record: record, at: moment)
      return .wait(Self.interval)
    }
    // A change is a sign of life, whoever's.
    guard first.record == record else { return .refuse(record.holder) }
    guard moment - first.at >= min(record.duration, Self.durationMax) else {
      return .wait(Self.interval)
    }
    return .take(taken(from: record, now))
  }

  private func taken(from record: LeaseRecord?, _ now: Timestamp) -> LeaseRecord {
    LeaseRecord(
      resourceVersion: record?.resourceVersion, identity: candidate.identity.text,
      duration: LeaseHold.timeToLive, since: now, renewed: now, fence: (record?.fence ?? 0) + 1,
      purpose: candidate.purpose, process: candidate.process)
  }
}

/// What a holder knows of its Lease: whether it may still change anything.
struct LeaseHold: Sendable, Equatable {
  /// What is to be done before a change.
  enum Standing: Sendable, Equatable {
    /// The Lease is ours, and nobody may take it yet.
    case ours
    /// It is ours, but anybody may take it: renew first, and change nothing unless that succeeds.
    case overdue
    /// It is somebody else's, or nobody's.
    case lost(LockHolder?)
  }

  /// How long a Lease holds without renewal: several calls to a cluster that is slow to answer.
  static let timeToLive: Duration = .seconds(30)
  /// What has to be left when a call is over, for what a request takes on its way.
  static let margin: Duration = .seconds(5)

  let identity: String
  let fence: Int64
  /// When the last renewal that succeeded was begun, by the clock that counts no jumps.
  private(set) var renewedAt: Duration

  init(_ record: LeaseRecord, at moment: Duration) {
    (identity, fence, renewedAt) = (record.identity, record.fence, moment)
  }

  /// Where the holder stands, by the Lease as it was just read.
  func standing(_ record: LeaseRecord?, at moment: Duration) -> Standing {
    guard let record, record.identity == identity, record.fence == fence else {
      return .lost(record.flatMap { $0.isFree ? nil : $0.holder })
    }
    return moment - renewedAt < Self.timeToLive ? .ours : .overdue
  }

  /// Whether a call that takes so long is over before anybody may take the Lease.
  func lasts(_ time: Duration, from moment: Duration) -> Bool {
    renewedAt + Self.timeToLive >= moment + time + Self.margin
  }

  /// Notes a renewal that was begun at `moment` and succeeded.
  mutating func renewed(at moment: Duration) { renewedAt = max(renewedAt, moment) }

  /// The Lease as a renewal writes it.
  static func renewal(of record: LeaseRecord, now: Timestamp) -> LeaseRecord {
    var renewed = record
    // Two renewals must differ, though a clock stood still or was set back: others look for change.
    renewed.renewed = max(now, record.renewed.advanced(by: .microseconds(1)))
    return renewed
  }

  /// The Lease as it is given back.
  static func release(of record: LeaseRecord, now: Timestamp) -> LeaseRecord {
    var released = renewal(of: record, now: now)
    released.identity = ""
    return released
  }
}
