import Core
import POSIX
import Synchronization

/// Renews a lock from a thread, and stops the run where that is no longer possible.
final class LockRenewal: Sendable {
  private let lock: RolloutLock
  private let holder: RolloutLock.Holder
  private let interruption: Interruption
  private let isStopped = Atomic<Bool>(false)

  init(lock: RolloutLock, holder: RolloutLock.Holder, interruption: Interruption) {
    self.lock = lock
    self.holder = holder
    self.interruption = interruption
  }

  func start() throws(SystemError) {
    try WorkThread.detach("lock") { [self] in
      while !isStopped.load(ordering: .acquiring) {
        do throws(RolloutLock.Failure) {
          try lock.renew(holder)
        } catch {
          if case .lost = error, !isStopped.load(ordering: .acquiring) {
            interruption.raise("\(error)")
            return
          }
          // Anything else may pass; the time to live bounds how long it may last.
        }
        WorkThread.sleep(RolloutLock.renewInterval)
      }
    }
  }

  func stop() { isStopped.store(true, ordering: .releasing) }
}

extension RolloutLock {
  /// Runs `body`, which may throw anything, only while the lock is ours.
  func whileStillHeld<Result>(
    _ holder: Holder, _ body: () throws -> Result
  ) throws -> Result {
    let outcome: Swift.Result<Result, any Error> = try whileHeld(holder) {
      () throws(Failure) in Swift.Result { try body() }
    }
    return try outcome.get()
  }
}

extension RolloutLock.Failure: ReportableError {
  var exitCode: ExitCode {
    switch self {
    case .held: .locked
    case .lost: .interrupted
    case .system: .refused
    }
  }

  var findings: [Finding] { [Finding(message: description)] }
}
