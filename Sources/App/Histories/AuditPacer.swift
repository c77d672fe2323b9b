import SQL

/// Decides what the audit writer does next, without a clock and without a database.
///
/// What fails because the database is away, slow or locked is tried again, with pauses that grow.
/// What fails for a row in it is tried again row by row, and the row that fails alone is given up,
/// so that it can not stand in the way of the others.
struct AuditPacer: Sendable, Equatable {
  /// The most rows that one statement inserts.
  static let batchRowsMax = 256
  /// How long the writer rests when nothing waits: rows come that much later, and at least that
  /// many milliseconds' worth of them share a commit.
  static let batchPause: Duration = .milliseconds(50)
  /// The pause after the first failure; it doubles.
  static let failurePauseMin: Duration = .milliseconds(100)
  /// The longest pause between attempts.
  static let failurePauseMax: Duration = .seconds(2)

  enum Event: Equatable {
    /// So many entries wait.
    case waiting(Int)
    /// The rows of the last `write` are in the database.
    case written
    /// They are not.
    case failed(DatabaseError)
  }

  enum Action: Equatable {
    /// Wait so long, then look again.
    case rest(Duration)
    /// Insert the first so many of those that wait.
    case write(rows: Int)
    /// Give up the row of the last `write`.
    case discard
  }

  /// Rows that are to be written one by one, since one of them is refused.
  private var suspects = 0
  /// Rows of the last `write`.
  private var rows = 0
  private var pause = Duration.zero

  mutating func handle(_ event: Event) -> Action? {
    switch event {
    case .waiting(let count):
      guard count > 0 else { return .rest(Self.batchPause) }
      rows = suspects > 0 ? 1 : min(count, Self.batchRowsMax)
      return .write(rows: rows)
    case .written:
      suspects = max(0, suspects - rows)
      pause = .zero
      return nil
    case .failed(let error) where Self.isAboutRows(error):
      pause = .zero
      guard rows == 1 else {
        suspects = rows
        return nil
      }
      suspects = max(0, suspects - 1)
      return .discard
    case .failed:
      pause = min(max(pause * 2, Self.failurePauseMin), Self.failurePauseMax)
      return .rest(pause)
    }
  }

  /// Whether a row is at fault, as far as can be told: with an unknown failure one is suspected,
  /// for a queue that is stuck loses more than a row.
  private static func isAboutRows(_ error: DatabaseError) -> Bool {
    switch error.kind {
    case .constraint, .decoding: true
    // Class 42 is about tables, columns and rights: the schema is not there yet.
    case .sql: error.state.map { $0.classCode != "42" } ?? false
    default: false
    }
  }
}
