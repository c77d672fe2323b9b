import Core
import POSIX
import Synchronization

/// A fixed number of threads that take jobs from a bounded queue.
final class WorkerPool: Sendable {
  private let queue = BlockingQueue<Job>()
  private let reserved = Atomic<Int>(0)
  private let busy = Atomic<Int>(0)
  private let refused = Atomic<Int>(0)
  private let queueMax: Int
  private let alive = Atomic<Int>(0)

  init(queueMax: Int) { self.queueMax = queueMax }

  /// Jobs that wait.
  var waiting: Int { reserved.load(ordering: .relaxed) }
  /// Jobs that run.
  var running: Int { busy.load(ordering: .relaxed) }
  /// Jobs that found no place since the start.
  var refusals: Int { refused.load(ordering: .relaxed) }

  func start(count: Int, named name: String = "http-worker") throws(SystemError) {
    for number in 0..<count {
      alive.add(1, ordering: .relaxed)
      do { try WorkThread.detach("\(name)-\(number)") { [self] in work() } } catch {
        alive.subtract(1, ordering: .relaxed)
        throw error
      }
    }
  }

  /// Takes a place in the queue, or says that there is none.
  ///
  /// Apart from `submit`, because a connection must be suspended before a worker can see it.
  func reserve() -> Bool {
    if reserved.add(1, ordering: .relaxed).newValue <= queueMax { return true }
    reserved.subtract(1, ordering: .relaxed)
    refused.add(1, ordering: .relaxed)
    return false
  }

  /// Takes a place even in a full queue: for answers that have begun, one for each connection.
  func reserveAlways() { reserved.add(1, ordering: .relaxed) }

  /// Queues a job whose place was reserved.
  func submit(_ job: Job) { queue.append(job) }

  /// Ends the threads when their jobs are done, and waits for that as long as `grace`.
  ///
  /// A thread that hangs in a handler ends with the process.
  func stop(grace: Duration) {
    queue.close()
    let deadline = Deadline.after(grace)
    while alive.load(ordering: .acquiring) > 0, !deadline.hasPassed {
      WorkThread.sleep(.milliseconds(1))
    }
  }

  private func work() {
    let bed = Bed()
    while let job = queue.next(bed) {
      reserved.subtract(1, ordering: .relaxed)
      busy.add(1, ordering: .relaxed)
      job.run()
      busy.subtract(1, ordering: .relaxed)
    }
    alive.subtract(1, ordering: .releasing)
  }
}
