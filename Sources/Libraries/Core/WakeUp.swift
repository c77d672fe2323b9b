import Glibc

/// Lets one thread wait until another one has set it, or until a deadline.
///
/// `Synchronization` has no condition variable.
///
/// https://man7.org/linux/man-pages/man3/pthread_cond_timedwait.3p.html
///
/// Sendable: `isSet` is only touched while the mutex is held, the pointers never change.
@safe public final class WakeUp: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var isSet = false

  /// One that is not set.
  public init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(condition, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Sets it and wakes the waiting thread.
  public func set() {
    unsafe pthread_mutex_lock(mutex)
    isSet = true
    unsafe pthread_cond_broadcast(condition)
    unsafe pthread_mutex_unlock(mutex)
  }

  /// Waits until it is set, clears it and gives true; gives false when the deadline passes.
  public func wait(until deadline: Deadline) -> Bool {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while !isSet {
      if deadline.hasPassed { return false }
      var moment = Self.moment(in: deadline.remaining)
      unsafe pthread_cond_timedwait(condition, mutex, &moment)
    }
    isSet = false
    return true
  }

  private static let waitMax: Duration = .seconds(3600)

  private static func moment(in duration: Duration) -> timespec {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    let (seconds, attoseconds) = min(duration, waitMax).components
    let nanoseconds = Int64(now.tv_nsec) + attoseconds / 1_000_000_000
    return timespec(
      tv_sec: now.tv_sec + Int(seconds) + Int(nanoseconds / 1_000_000_000),
      tv_nsec: Int(nanoseconds % 1_000_000_000))
  }
}
