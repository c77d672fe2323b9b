import Core
import JSON

@testable import Ops

/// A journal in memory, which outlives the run that wrote it.
final class SimulatedJournal: RolloutJournal {
  private let kept = Guarded<[JournalEntry]>([])

  func append(_ kind: String, _ fields: JSONValue, at time: Timestamp) {
    kept.withLock { $0.append(JournalEntry(time: time, kind: kind, fields: fields)) }
  }

  func entries() -> [JournalEntry] { kept.withLock { $0 } }
}

/// A lock that is held until it is taken away.
final class SimulatedLock: EnvironmentLock {
  private let isLost = Guarded(false)

  /// Somebody else has it now.
  func lose() { isLost.withLock { $0 = true } }

  func acquire(purpose: String) -> LockHolder {
    isLost.withLock { $0 = false }
    let now = RecordedStream.began
    return LockHolder(
      fence: 1, process: 1, host: "host", purpose: purpose, since: now, until: now,
      isReleased: false)
  }

  func renew(_ holder: LockHolder) {}
  func release(_ holder: LockHolder) {}
  func holder() -> LockHolder? { nil }

  func whileHeld<Result>(
    _ holder: LockHolder, _ body: () throws(LockFailure) -> Result
  ) throws(LockFailure) -> Result {
    if isLost.withLock({ $0 }) { throw .lost(nil) }
    return try body()
  }
}
