import Glibc

/// A value that one thread at a time may touch.
///
/// In place of `Synchronization.Mutex`, for two reasons measured here: that one hands itself over
/// in order, so that one waiter which is not scheduled holds up all threads, and the thread
/// sanitizer does not see its hand-over in the kernel, so that every contended use is a false race.
///
/// https://man7.org/linux/man-pages/man3/pthread_mutex_lock.3p.html
///
/// Sendable: `value` is only touched while the mutex is held, the pointer never changes.
@safe public final class Guarded<Value: ~Copyable>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  /// Guards `value` from now on.
  public init(_ value: consuming sending Value) {
    self.value = value
    unsafe mutex = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
  }

  deinit {
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }

  /// Runs `body` with the value; it must not lock again.
  public func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
