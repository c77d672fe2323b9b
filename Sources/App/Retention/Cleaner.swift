import Core
import Logging
import POSIX
import SQL

/// Deletes what is too old, in small steps, on one thread of its own.
///
/// Every replica runs one: it is harmless that several do, and none has to be chosen.
final class Cleaner: MetricsSource {
  /// From the end of a round to the next; between half of it and all of it, so that replicas that
  /// started together do not clean together.
  static let roundPause: Duration = .seconds(60)
  /// The rest between two batches, in which others may write.
  static let batchPause: Duration = .milliseconds(50)
  /// The most batches of one job in a round; the rest waits, so that all jobs have their turn.
  static let batchesMax = 200
  /// How long one batch may take.
  static let batchTimeout: Duration = .seconds(10)
  /// How long `stop` waits for the batch that is under way.
  static let stopTimeout: Duration = .seconds(1)

  private struct Counts {
    var deleted: UInt64 = 0
    var failures: UInt64 = 0
    /// The end of the last run without a failure.
    var lastRun: Timestamp?
  }

  private let jobs: [CleaningJob]
  private let database: any Database
  private let logger: Logger
  private let counts: Guarded<[Counts]>
  private let hasStarted = Flag()
  private let isStopping = Flag()
  private let hasEnded = Flag()

  init(_ jobs: [CleaningJob], _ database: any Database, logger: Logger) {
    self.jobs = jobs
    self.database = database
    self.logger = logger
    counts = Guarded([Counts](repeating: Counts(), count: jobs.count))
  }

  /// Begins to clean, a while after the start.
  func start() throws(SystemError) {
    hasStarted.raise()
    try WorkThread.detach("cleaner") { [self] in
      repeat {
        rest(Self.roundPause * Double.random(in: 0.5...1))
        clean()
      } while !isStopping.isRaised
      hasEnded.raise()
    }
  }

  /// Ends it; the batch under way is waited for, but not for long.
  func stop() {
    isStopping.raise()
    guard hasStarted.isRaised else { return }
    let deadline = Deadline.after(Self.stopTimeout)
    while !hasEnded.isRaised, !deadline.hasPassed { WorkThread.sleep(.milliseconds(5)) }
  }

  /// One round over all jobs.
  func clean(now: Timestamp = .now()) {
    for (index, job) in jobs.enumerated() where !isStopping.isRaised {
      do throws(DatabaseError) {
        try run(job, index, now)
        counts.withLock { $0[index].lastRun = .now() }
      } catch {
        counts.withLock { $0[index].failures += 1 }
        logger.warning("not cleaned", ("job", .string(job.name)), ("error", .string("\(error)")))
      }
    }
  }

  private func run(_ job: CleaningJob, _ index: Int, _ now: Timestamp) throws(DatabaseError) {
    let parameters = job.parameters(at: now)
    for _ in 0..<Self.batchesMax where !isStopping.isRaised {
      let deleted = try database.execute(
        job.statement, parameters, deadline: .after(Self.batchTimeout))
      counts.withLock { $0[index].deleted += UInt64(max(0, deleted)) }
      if deleted < job.batchRowsMax { return }
      WorkThread.sleep(Self.batchPause)
    }
  }

  private func rest(_ duration: Duration) {
    let deadline = Deadline.after(duration)
    while !deadline.hasPassed, !isStopping.isRaised { WorkThread.sleep(.milliseconds(50)) }
  }

  func write(to page: inout MetricsText) {
    let all = zip(jobs.map(\.name), counts.withLock { $0 })
    page.family("slipway_cleaner_deleted_rows_total", .counter, "Rows deleted beyond what is kept.")
    for (name, count) in all {
      page.sample("slipway_cleaner_deleted_rows_total", [("job", name)], String(count.deleted))
    }
    page.family("slipway_cleaner_failures_total", .counter, "Rounds of a job that failed.")
    for (name, count) in all {
      page.sample("slipway_cleaner_failures_total", [("job", name)], String(count.failures))
    }
    page.family(
      "slipway_cleaner_last_run_timestamp_seconds", .gauge,
      "When a job last ended without a failure, in seconds of Unix time; 0 before.")
    for (name, count) in all {
      let seconds = (count.lastRun?.microsecondsSinceEpoch ?? 0) / 1_000_000
      page.sample(
        "slipway_cleaner_last_run_timestamp_seconds", [("job", name)], String(seconds))
    }
  }
}
