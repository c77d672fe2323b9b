import Core
import POSIX

/// The workers of a server: the pool that all share, and one for each lane.
final class WorkerPools: Sendable {
  let shared: WorkerPool
  private let lanes: [Lane: WorkerPool]

  init(_ configuration: ServerConfiguration, _ routes: [Route]) {
    shared = WorkerPool(queueMax: configuration.workerQueueMax)
    let named = routes.compactMap { route in
      if case .lane(let lane) = route.execution { lane } else { nil as Lane? }
    }
    lanes = Dictionary(
      Set(named).map { ($0, WorkerPool(queueMax: $0.queueMax)) }, uniquingKeysWith: { $1 })
  }

  /// The pool for work of that kind; a lane that no route names is served by all.
  subscript(_ execution: Execution) -> WorkerPool {
    guard case .lane(let lane) = execution else { return shared }
    return lanes[lane] ?? shared
  }

  /// How many wait and run in each lane.
  var statistics: [LaneStatistics] {
    lanes.map { lane, pool in
      LaneStatistics(
        name: lane.name, queued: pool.waiting, busyWorkers: pool.running,
        refusals: pool.refusals)
    }
    .sorted { $0.name < $1.name }
  }

  func start(count: Int) throws(SystemError) {
    try shared.start(count: count)
    for (lane, pool) in lanes { try pool.start(count: lane.workers, named: lane.name) }
  }

  /// Ends all threads when their jobs are done, and waits for that as long as `grace`.
  func stop(grace: Duration) {
    let deadline = Deadline.after(grace)
    shared.stop(grace: grace)
    for pool in lanes.values { pool.stop(grace: deadline.remaining) }
  }
}
