import Core

/// How the database of an environment is saved.
///
/// Every method may be called again after an interruption, and then does what is left.
protocol BackupMeans {
  /// Why there is nothing to save, nil where there is something.
  func nothingToSave(_ run: any RolloutContext) throws -> String?
  /// Who reads the database for a backup of their own at this moment, nil where nobody is known to.
  func others(_ run: any RolloutContext) throws -> String?
  /// The newest backup that is known to be good, nil where there is none.
  func newestProven(_ run: any RolloutContext) throws -> ProvenBackup?
  /// Takes one; its name, once it is whole.
  func take(_ run: any RolloutContext) throws -> String
  /// What is said of one that counts: `proven` where it was restored and compared.
  var proofWord: String { get }
  /// Why what was taken can not be proven here, nil where it can.
  var obstacleToProof: String? { get }
  /// Proves the one that `take` has named.
  func prove(_ name: String, _ run: any RolloutContext) throws
}

extension BackupMeans {
  var proofWord: String { "proven" }
}

/// A backup that was restored, or found good by whatever counts as that.
struct ProvenBackup: Sendable, Equatable {
  let name: String
  /// The moment that it shows the database at.
  let takenAt: Timestamp
}

/// Saves the database before its schema changes, as the policy says.
///
/// Nobody else reads it for a backup when this is done: the locks of a dump keep a migration from
/// its own, and it would wait for them with the service waiting behind it.
struct RolloutBackup {
  /// How long another backup is waited for.
  static let othersTimeout: Duration = .seconds(600)
  private static let tick: Duration = .seconds(1)

  let requirement: RolloutPolicy.BackupRequirement
  let means: any BackupMeans

  /// What was done, in one line; nil where nothing was wanted.
  func carryOut(_ run: any RolloutContext) throws -> String? {
    if let reason = try means.nothingToSave(run) { return reason }
    try waitForOthers(run)
    switch requirement {
    case .skip: return nil
    case .required: return try take(run)
    case .provenWithin(let age): return try provenOne(within: age, run)
    }
  }

  private func provenOne(within age: Duration, _ run: any RolloutContext) throws -> String {
    let newest = try means.newestProven(run)
    if let newest {
      let old = Timestamp.now().since(newest.takenAt)
      if old <= age {
        return "\(newest.name) is recent enough: \(DurationText.format(Self.rounded(old))) old"
      }
    }
    guard let obstacle = means.obstacleToProof else {
      let word = means.proofWord
      let words = newest.map { "the newest \(word) one is \($0.name)" } ?? "none is \(word)"
      run.note("\(words): one is taken and \(word)")
      let name = try take(run)
      try stopping(run) { try means.prove(name, run) }
      return "\(name), \(word) just now"
    }
    let words = newest.map { "\($0.name) is the newest" } ?? "there is none"
    throw PhaseFailure(
      "no backup proven within \(DurationText.format(age)), \(words); \(obstacle)")
  }

  private func take(_ run: any RolloutContext) throws -> String {
    try stopping(run) { try means.take(run) }
  }

  /// What ends because the run is to stop was no failure of its own.
  private func stopping<Result>(
    _ run: any RolloutContext, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch {
      try run.check()
      throw error
    }
  }

  private func waitForOthers(_ run: any RolloutContext) throws {
    let timeout = min(Self.othersTimeout, .seconds(run.remaining.components.seconds))
    let end = run.clock.elapsed() + timeout
    var told: String?
    while let other = try means.others(run) {
      if told != other { run.note("waiting for \(other)") }
      told = other
      guard run.clock.elapsed() < end else {
        throw PhaseFailure(
          "\(other), for more than \(DurationText.format(timeout)): its locks would hold"
            + " up the migration; wait for it, or end it")
      }
      try run.wait(Self.tick)
    }
  }

  /// An age in whole minutes: seconds of it say nothing.
  private static func rounded(_ age: Duration) -> Duration {
    .seconds(max(60, age.components.seconds / 60 * 60))
  }
}
