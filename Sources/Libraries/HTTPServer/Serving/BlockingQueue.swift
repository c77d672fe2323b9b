import Glibc

/// A queue whose readers sleep while it is empty.
///
/// `@unchecked Sendable`: `items`, `first` and `isClosed` are touched with `mutex` held only.
@safe final class BlockingQueue<Item: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var items: [Item?] = []
  private var first = 0
  private var isClosed = false

  // https://man7.org/linux/man-pages/man3/pthread_cond_init.3p.html
  init() {
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(mutex)
    unsafe changed.deallocate()
    unsafe mutex.deallocate()
  }

  func append(_ item: Item) {
    unsafe pthread_mutex_lock(mutex)
    items.append(item)
    unsafe pthread_mutex_unlock(mutex)
    unsafe pthread_cond_signal(changed)
  }

  /// The next item; waits for one, and gives nil when the queue is closed and empty.
  func next() -> Item? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while first == items.count {
      if isClosed { return nil }
      unsafe pthread_cond_wait(changed, mutex)
    }
    let item = items[first].take()
    first += 1
    if first == items.count {
      items.removeAll(keepingCapacity: true)
      first = 0
    } else if first == Self.compactAt {
      items.removeFirst(first)
      first = 0
    }
    return item
  }

  /// Lets readers end when everything is taken.
  func close() {
    unsafe pthread_mutex_lock(mutex)
    isClosed = true
    unsafe pthread_mutex_unlock(mutex)
    unsafe pthread_cond_broadcast(changed)
  }

  /// How many places taken items may hold before the rest moves to the front.
  private static var compactAt: Int { 256 }
}
