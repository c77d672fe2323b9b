import POSIX
import Synchronization

/// A fixed number of threads that take jobs from a bounded queue.
final class WorkerPool: Sendable {
  private let queue = BlockingQueue<Job>()
  private let reserved = Atomic<Int>(0)
  private let busy = Atomic<Int>(0)
  private let queueMax: Int
  private let threads = Mutex<[JoinOnce]>([])

  init(queueMax: Int) { self.queueMax = queueMax }

  /// Jobs that wait.
  var waiting: Int { reserved.load(ordering: .relaxed) }
  /// Jobs that run.
  var running: Int { busy.load(ordering: .relaxed) }

  func start(count: Int) throws(SystemError) {
    for number in 0..<count {
      let thread = JoinOnce(
        try WorkThread.start("http-worker-\(number)") { [self] in work() })
      threads.withLock { $0.append(thread) }
    }
  }

  /// Takes a place in the queue, or says that there is none.
  ///
  /// Apart from `submit`, because a connection must be suspended before a worker can see it.
  func reserve() -> Bool {
    if reserved.add(1, ordering: .relaxed).newValue <= queueMax { return true }
    reserved.subtract(1, ordering: .relaxed)
    return false
  }

  /// Takes a place even in a full queue: for answers that have begun, one for each connection.
  func reserveAlways() { reserved.add(1, ordering: .relaxed) }

  /// Queues a job whose place was reserved.
  func submit(_ job: Job) { queue.append(job) }

  /// Ends the threads when their jobs are done; those that are stuck in a handler are left behind.
  func stop(leaving stuck: Bool) {
    queue.close()
    let threads = threads.withLock { list in
      defer { list = [] }
      return list
    }
    for thread in threads { stuck ? thread.leave() : thread.join() }
  }

  private func work() {
    while let job = queue.next() {
      reserved.subtract(1, ordering: .relaxed)
      busy.add(1, ordering: .relaxed)
      job.run()
      busy.subtract(1, ordering: .relaxed)
    }
  }
}

/// A thread that is joined or left alone, once.
final class JoinOnce: Sendable {
  private let handle: Mutex<WorkThread.Handle?>

  init(_ handle: consuming sending WorkThread.Handle) {
    self.handle = Mutex(consume handle)
  }

  func join() {
    if let handle = handle.withLock({ $0.take() }) { handle.join() }
  }

  func leave() {
    handle.withLock { _ = $0.take() }
  }
}
