import Core
import SQL

/// A table that would grow for ever, and what is kept of it.
///
/// To bound a table, list a job in `Service` with a statement that deletes at most `$2` of the rows
/// that lie beyond `$1`, oldest first:
///
///     DELETE FROM messages WHERE id IN
///       (SELECT id FROM messages WHERE created_at < $1 ORDER BY created_at LIMIT $2)
///
/// An index must find these rows without looking at the others. Several replicas may run the same
/// job at once; on PostgreSQL the inner `SELECT` ends with `FOR UPDATE SKIP LOCKED`, so that they
/// do not wait for each other.
struct CleaningJob: Sendable {
  /// What is kept; it decides what the statement gets as `$1`.
  enum Keep: Sendable {
    /// Rows younger than this: `$1` is the moment that lies so far back.
    ///
    /// `.zero` is for tables whose rows carry the moment of their end.
    case age(Duration)
    /// So many of the newest rows: `$1` is this number.
    case rows(Int)
  }

  /// What logs and metrics call it.
  let name: String
  /// Deletes at most `$2` rows beyond `$1`.
  let statement: Statement
  /// What is kept.
  let keep: Keep
  /// The most rows that one statement deletes: locks and the one writer of SQLite are held for it.
  var batchRowsMax = 500

  /// The statement's parameters at `now`.
  func parameters(at now: Timestamp) -> [Value] {
    let bound: Value =
      switch keep {
      case .age(let age): .timestamp(now.advanced(by: .zero - age))
      case .rows(let count): .integer(Int64(count))
      }
    return [bound, .integer(Int64(batchRowsMax))]
  }
}
