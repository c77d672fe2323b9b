import Glibc

/// A queue whose readers sleep while it is empty.
///
/// Waking a thread costs more than a short piece of work, so no more than one reader is on its way
/// at a time: who takes an item wakes the next where more are left. Readers that are awake go on
/// meanwhile, and of those that sleep the last one to lie down is woken first, so that few threads
/// do most of the work, with warm caches.
///
/// `@unchecked Sendable`: all variables are touched with `mutex` held only.
@safe final class BlockingQueue<Item: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var items: [Item?] = []
  private var first = 0
  private var isClosed = false
  /// Where readers sleep, the latest last.
  private var sleeping: [Bed] = []
  /// Whether a reader was woken and has not looked at the queue since.
  private var isWaking = false

  // https://man7.org/linux/man-pages/man3/pthread_mutex_init.3p.html
  init() { unsafe pthread_mutex_init(mutex, nil) }

  deinit {
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }

  func append(_ item: Item) {
    unsafe pthread_mutex_lock(mutex)
    items.append(item)
    let next = nextToWake()
    unsafe pthread_mutex_unlock(mutex)
    next?.wake()
  }

  /// The next item; waits for one in `bed`, the reader's own, and gives nil when the queue is
  /// closed and empty.
  func next(_ bed: Bed) -> Item? {
    unsafe pthread_mutex_lock(mutex)
    while first == items.count, !isClosed {
      sleeping.append(bed)
      unsafe pthread_mutex_unlock(mutex)
      bed.sleep()
      unsafe pthread_mutex_lock(mutex)
      isWaking = false
    }
    let item = take()
    let next = nextToWake()
    unsafe pthread_mutex_unlock(mutex)
    next?.wake()
    return item
  }

  /// Lets readers end when everything is taken.
  func close() {
    unsafe pthread_mutex_lock(mutex)
    isClosed = true
    let all = sleeping
    sleeping = []
    unsafe pthread_mutex_unlock(mutex)
    for bed in all { bed.wake() }
  }

  private func take() -> Item? {
    guard first < items.count else { return nil }
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

  /// The reader that should come too, nil where nothing is left or one is on its way.
  private func nextToWake() -> Bed? {
    guard first < items.count, !isWaking, let bed = sleeping.popLast() else { return nil }
    isWaking = true
    return bed
  }

  /// How many places taken items may hold before the rest moves to the front.
  private static var compactAt: Int { 256 }
}

/// Where one thread sleeps until another one wakes it.
///
/// `Sendable`: the pointer never changes, and a semaphore is there for several threads.
///
/// https://man7.org/linux/man-pages/man7/sem_overview.7.html
@safe final class Bed: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { unsafe sem_init(semaphore, 0, 0) }

  deinit {
    unsafe sem_destroy(semaphore)
    unsafe semaphore.deallocate()
  }

  /// Returns once for each `wake`, before or after it.
  func sleep() {
    while unsafe sem_wait(semaphore) != 0, errno == EINTR {}
  }

  func wake() { unsafe sem_post(semaphore) }
}
