import Core
import POSIX

/// Who may change an environment: one at a time, for as long as it renews.
///
/// A holder that was suspended past its time must find that it holds nothing any more. The fencing
/// number grows with each new holder, and is how everybody else knows it too.
protocol EnvironmentLock: Sendable {
  /// Takes the lock, from a holder that is gone or whose time is over if need be.
  func acquire(purpose: String) throws(LockFailure) -> LockHolder
  /// Holds on for another time to live.
  func renew(_ holder: LockHolder) throws(LockFailure)
  /// Gives the lock back; one that is no longer ours is left alone.
  func release(_ holder: LockHolder)
  /// Runs `body` only while the lock is ours; every write of a rollout goes through here.
  func whileHeld<Result>(
    _ holder: LockHolder, _ body: () throws(LockFailure) -> Result
  ) throws(LockFailure) -> Result
  /// Whether the lock is another's by now, or may be: it is gone, or its time is over and it could
  /// not be asked for.
  func mayBeTaken(_ holder: LockHolder) -> Bool
  /// The holder that others see, nil where nobody holds the lock.
  func holder() throws(LockFailure) -> LockHolder?
}

extension EnvironmentLock {
  func mayBeTaken(_ holder: LockHolder) -> Bool {
    do throws(LockFailure) {
      try whileHeld(holder) { () throws(LockFailure) in }
      return false
    } catch {
      return error.isOvertaken
    }
  }

  /// Runs `body`, which may throw anything, only while the lock is ours.
  func whileStillHeld<Result>(
    _ holder: LockHolder, _ body: () throws -> Result
  ) throws -> Result {
    let outcome: Swift.Result<Result, any Error> = try whileHeld(holder) {
      () throws(LockFailure) in Swift.Result { try body() }
    }
    return try outcome.get()
  }
}

/// Who holds an environment.
struct LockHolder: Sendable, Equatable {
  /// How long a lock holds without renewal.
  static let timeToLive: Duration = .seconds(15)
  /// How often a holder renews it.
  static let renewInterval: Duration = .seconds(3)

  /// The fencing number.
  let fence: Int64
  /// The process.
  let process: Int32
  /// The machine's name.
  let host: String
  /// The user-visible name of what is done.
  let purpose: String
  /// Since when.
  let since: Timestamp
  /// Until when without renewal.
  var until: Timestamp
  /// Whether it was given back.
  var isReleased: Bool

  /// Whether the holder's process lives; one on another machine is believed until its time is over.
  var isAlive: Bool {
    guard host == ProcessInfo.hostName else { return true }
    return (try? ProcessHandle(process).hasEnded) == false
  }
}

/// Why a lock was not had, or is no longer.
enum LockFailure: Error, Sendable, Equatable {
  /// Another holds it.
  case held(LockHolder)
  /// It is no longer ours: its time ran out and it went to the holder named, or to nobody yet.
  case lost(LockHolder?)
  /// What is kept was written by a holder of a later number than our own.
  case outrun(by: Int64, own: Int64)
  /// What keeps it could not be read or written.
  case unusable(String)
  /// What keeps it does not answer right now, and may again.
  case unheard(String)

  /// Whether it is another's, or may be.
  var isOvertaken: Bool {
    switch self {
    case .lost, .outrun: true
    case .held, .unusable, .unheard: false
    }
  }
}

extension LockFailure: PassingFailure {
  var mayPass: Bool { if case .unheard = self { true } else { false } }
}

extension LockFailure: CustomStringConvertible {
  var description: String {
    switch self {
    case .held(let holder):
      "\(holder.purpose) by process \(holder.process) on \(holder.host) since \(holder.since)"
        + " holds this environment, until \(holder.until) unless it renews"
    case .lost(let holder):
      holder.map { "the lock was taken over by process \($0.process), number \($0.fence)" }
        ?? "the lock is gone"
    case .outrun(let number, let own):
      "the lock is gone: a run with number \(number) has written since, and this one has \(own);"
        + " nothing more is changed here; ops status says who that is, and the same command, given"
        + " once that run is over, counts on from there"
    case .unusable(let reason), .unheard(let reason): "the lock could not be used: \(reason)"
    }
  }
}

/// Somebody else's rollout holds the environment.
struct EnvironmentHeld: ReportableError, Equatable {
  let holder: LockHolder
  let phase: Phase

  var exitCode: ExitCode { .locked }

  var findings: [Finding] {
    [Finding(message: "\(LockFailure.held(holder)); the last phase is \(phase.rawValue)")]
  }
}

extension LockFailure: ReportableError {
  var exitCode: ExitCode {
    switch self {
    case .held: .locked
    case .lost, .outrun: .interrupted
    case .unusable, .unheard: .refused
    }
  }

  var findings: [Finding] { [Finding(message: description)] }
}
