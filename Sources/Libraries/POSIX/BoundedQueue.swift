import Glibc

/// A queue between threads that holds so many items and no more: who is faster waits.
///
/// Sendable: `items` and `isClosed` are touched with `mutex` held only.
@safe public final class BoundedQueue<Item: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let itemsMax: Int
  private var items: [Item] = []
  private var isClosed = false

  /// A queue of at most `itemsMax` items.
  ///
  /// https://man7.org/linux/man-pages/man3/pthread_cond_init.3p.html
  public init(itemsMax: Int) {
    precondition(itemsMax > 0, "a queue without room")
    self.itemsMax = itemsMax
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(mutex)
    unsafe changed.deallocate()
    unsafe mutex.deallocate()
  }

  /// Adds an item, waits for room where there is none, and gives false once the queue is closed.
  @discardableResult
  public func append(_ item: consuming sending Item) -> Bool {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while items.count >= itemsMax, !isClosed { unsafe pthread_cond_wait(changed, mutex) }
    if isClosed { return false }
    items.append(item)
    unsafe pthread_cond_broadcast(changed)
    return true
  }

  /// Takes the oldest item; waits for one, and gives nil when the queue is closed and empty.
  public func next() -> Item? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while items.isEmpty {
      if isClosed { return nil }
      unsafe pthread_cond_wait(changed, mutex)
    }
    unsafe pthread_cond_broadcast(changed)
    return items.removeFirst()
  }

  /// Refuses further items; what is in it can still be taken.
  public func close() {
    unsafe pthread_mutex_lock(mutex)
    isClosed = true
    unsafe pthread_mutex_unlock(mutex)
    unsafe pthread_cond_broadcast(changed)
  }
}
