import Core
import HTTPServer
import Logging
import POSIX
import SQL

/// Writes the audit history behind the answers, on one thread with one connection.
///
/// What is lost: when the process is killed, what waits in the queue, as a rule the requests of the
/// last `AuditPacer.batchPause`; when the database is away for longer than the queue has room, the
/// newest requests; at the end what could not be written within `flushTimeout`. The last two are
/// counted. A batch whose commit was not answered is written again: a row may be there twice.
final class AuditWriter: MetricsSource {
  /// How long one insert may take: a locked table is let go of in between.
  static let insertTimeout: Duration = .seconds(5)
  /// How long an insert may take to end that is cancelled.
  static let interruptTimeout: Duration = .seconds(1)
  /// What is left of `flushTimeout` for somebody in a hurry.
  static let hurriedFlushTimeout: Duration = .milliseconds(500)

  let queue: AuditQueue
  private let store: HistoryStore
  private let logger: Logger
  private let flushTimeout: Duration
  private let hasStarted = Flag()
  private let isHurried = Flag()
  private let hasEnded = Flag()
  /// Set by `stop`: when everything must be written.
  private let end = Guarded<Deadline?>(nil)
  private let attempts = Guarded(Attempts())

  private struct Attempts {
    var batches = Histogram()
    var failures: UInt64 = 0
  }

  init(_ queue: AuditQueue, _ store: HistoryStore, flushTimeout: Duration, logger: Logger) {
    self.queue = queue
    self.store = store
    self.flushTimeout = flushTimeout
    self.logger = logger
  }

  func start() throws(SystemError) {
    hasStarted.raise()
    try WorkThread.detach("audit") { [self] in
      run()
      hasEnded.raise()
    }
  }

  /// Writes what waits, for `flushTimeout` at most, and ends; blocks until it is done.
  func stop() {
    guard hasStarted.isRaised else { return }
    end.withLock { $0 = $0 ?? .after(isHurried.isRaised ? Self.hurriedFlushTimeout : flushTimeout) }
    while !hasEnded.isRaised, end.withLock({ $0?.hasPassed }) != true {
      WorkThread.sleep(.milliseconds(5))
    }
    // An insert that began earlier may still wait for a lock.
    let last = Deadline.after(Self.interruptTimeout)
    while !hasEnded.isRaised, !last.hasPassed {
      store.database.interrupt()
      WorkThread.sleep(.milliseconds(50))
    }
  }

  /// Lets `stop` take no longer than `hurriedFlushTimeout` from now.
  func hurry() {
    isHurried.raise()
    end.withLock { $0 = $0?.within(Self.hurriedFlushTimeout) }
  }

  /// `hooks` that also tell the queue of every request that is audited.
  func observing(_ hooks: Hooks) -> Hooks {
    var hooks = hooks
    hooks.completed = { [queue, completed = hooks.completed] request, completion in
      completed(request, completion)
      if AuditedPaths.holds(request) {
        queue.offer(AuditEntry(request, status: completion.status, at: .now()))
      }
    }
    return hooks
  }

  // MARK: The thread

  private func run() {
    var pacer = AuditPacer()
    var backlog: ArraySlice<AuditEntry> = []
    while true {
      if backlog.isEmpty { backlog = queue.take()[...] }
      if let end = end.withLock({ $0 }) {
        if backlog.isEmpty { return }
        if end.hasPassed { return giveUp(backlog) }
      }
      step(&pacer, &backlog)
    }
  }

  /// What the pacer says next, until it wants to know how many wait.
  private func step(_ pacer: inout AuditPacer, _ backlog: inout ArraySlice<AuditEntry>) {
    var action = pacer.handle(.waiting(backlog.count))
    while let next = action {
      action = nil
      switch next {
      case .rest(let duration): rest(duration)
      case .write(let rows):
        do throws(DatabaseError) {
          try write(backlog.prefix(rows))
          settle(&backlog, rows, lostFor: nil)
          action = pacer.handle(.written)
        } catch {
          report(error)
          action = pacer.handle(.failed(error))
        }
      case .discard: settle(&backlog, 1, lostFor: .refused)
      }
    }
  }

  private func settle(
    _ backlog: inout ArraySlice<AuditEntry>, _ rows: Int, lostFor reason: AuditQueue.Drop?
  ) {
    let settled = backlog.prefix(rows)
    backlog = backlog.dropFirst(rows)
    queue.settle(settled, lostFor: reason, next: backlog.first)
  }

  private func write(_ batch: ArraySlice<AuditEntry>) throws(DatabaseError) {
    let start = ContinuousClock.now
    let limit = end.withLock { $0 } ?? .distant
    try store.add(batch, deadline: limit.within(Self.insertTimeout))
    let duration = ContinuousClock.now - start
    attempts.withLock { $0.batches.record(duration) }
  }

  private func report(_ error: DatabaseError) {
    attempts.withLock { $0.failures += 1 }
    let waiting = queue.counts.entries
    logger.warning(
      "history not written", ("error", .string("\(error)")), ("waiting", .integer(waiting)))
  }

  /// What came after `rest` was taken is lost as well.
  private func giveUp(_ rest: ArraySlice<AuditEntry>) {
    let late = queue.take()
    queue.settle(rest, lostFor: .shutdown, next: late.first)
    queue.settle(late[...], lostFor: .shutdown, next: nil)
    logger.error("history lost at the end", ("requests", .integer(rest.count + late.count)))
  }

  private func rest(_ duration: Duration) {
    let deadline = Deadline.after(duration)
    while !deadline.hasPassed, end.withLock({ $0?.hasPassed }) != true {
      WorkThread.sleep(min(deadline.remaining, AuditPacer.batchPause))
    }
  }
}

extension AuditWriter {
  func write(to page: inout MetricsText) {
    let counts = queue.counts
    page.single(
      "slipway_audit_queue_entries", .gauge, "Requests that have no row in the history yet.",
      counts.entries)
    page.single(
      "slipway_audit_queue_bytes", .gauge, "What they take in memory, about.", counts.bytes)
    page.single(
      "slipway_audit_oldest_seconds", .gauge, "How long the oldest of them waits.",
      counts.oldest.map { max(.zero, Timestamp.now().since($0)) } ?? .zero)
    page.single(
      "slipway_audit_written_total", .counter, "Requests that were written.", counts.written)
    page.family("slipway_audit_dropped_total", .counter, "Requests that have no row for ever.")
    for reason in AuditQueue.Drop.allCases {
      page.sample(
        "slipway_audit_dropped_total", [("reason", "\(reason)")], String(counts.dropped(reason)))
    }
    let attempts = attempts.withLock { $0 }
    page.single(
      "slipway_audit_failures_total", .counter, "Attempts to write that failed.",
      attempts.failures)
    page.family(
      "slipway_audit_batch_duration_seconds", .histogram, "How long a batch of rows took.")
    page.histogram("slipway_audit_batch_duration_seconds", [], attempts.batches)
  }
}
