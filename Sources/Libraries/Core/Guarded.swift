import Glibc

/// A value that one thread at a time may touch.
///
/// In place of `Synchronization.Mutex`, for two reasons measured here: that one hands itself over
/// in order, so that one waiter which is not scheduled holds up all threads, and the thread
/// sanitizer does not see its hand-over in the kernel, so that every contended use is a false race.
///
/// https://man7.org/linux/man-pages/man3/pthread_mutex_lock.3p.html
///
/// Sendable: the value is only touched while the mutex is held, the pointers never change. It lies
/// behind a pointer because the lock is its exclusivity: Swift's check at run time would cost as
/// much again.
@safe public final class Guarded<Value: ~Copyable>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let value: UnsafeMutablePointer<Value>

  /// Guards `value` from now on.
  public init(_ value: consuming sending Value) {
    unsafe self.value = .allocate(capacity: 1)
    unsafe self.value.initialize(to: value)
    unsafe mutex = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
  }

  deinit {
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
    unsafe value.deinitialize(count: 1)
    unsafe value.deallocate()
  }

  /// Runs `body` with the value; it must not lock again.
  public func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try unsafe body(&value.pointee)
  }
}
