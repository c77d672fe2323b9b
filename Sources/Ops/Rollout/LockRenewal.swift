import Core
import POSIX
import Synchronization

/// Renews a lock from a thread, and stops the run where that is no longer possible.
final class LockRenewal: Sendable {
  private let lock: any EnvironmentLock
  private let holder: LockHolder
  private let interruption: Interruption
  private let isStopped = Atomic<Bool>(false)

  init(lock: any EnvironmentLock, holder: LockHolder, interruption: Interruption) {
    self.lock = lock
    self.holder = holder
    self.interruption = interruption
  }

  func start() throws(SystemError) {
    try WorkThread.detach("lock") { [self] in
      while !isStopped.load(ordering: .acquiring) {
        do throws(LockFailure) {
          try lock.renew(holder)
        } catch {
          switch error {
          case .lost, .outrun:
            if !isStopped.load(ordering: .acquiring) { interruption.raise("\(error)") }
            return
          case .held, .unusable, .unheard:
            // It may pass; the time to live bounds how long it may last.
            break
          }
        }
        WorkThread.sleep(LockHolder.renewInterval)
      }
    }
  }

  func stop() { isStopped.store(true, ordering: .releasing) }
}
