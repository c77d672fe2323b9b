import Core
import SQL

/// Why migrations did not run, or not to their end.
public enum MigrationError: Error, Sendable, Equatable {
  /// Somebody else migrates, or holds what is needed, for longer than the budget.
  case locked(by: [LockHolder], waited: Duration)
  /// Files that were applied are not what they were.
  case checksum([ChecksumMismatch])
  /// The database is ahead of this release, or behind a pooler, or the order is broken.
  case incompatible(String)
  /// The database cannot be reached.
  case connection(DatabaseError)
  /// A release that serves meanwhile could not run on the result; nothing was changed.
  case outpaced(serving: String, needed: Release)
  /// A statement failed; what its transaction did is undone.
  case failed(FailedStatement)
  /// The files themselves are wrong.
  case invalid([MigrationProblem])
  /// It was told to stop.
  case interrupted
}

/// An applied migration whose file was changed since.
public struct ChecksumMismatch: Sendable, Equatable {
  /// Its version.
  public let version: Int
  /// Its file.
  public let file: String
  /// The first statement that differs, counted from 1, with its line and first words; nil when
  /// statements are missing at the end.
  public let statement: String?
}

/// A statement that a database refused.
public struct FailedStatement: Sendable, Equatable {
  /// The file it is in.
  public let file: String
  /// Its line, counted from 1.
  public let line: Int
  /// What it begins with.
  public let summary: String
  /// The database's reason.
  public let error: DatabaseError
}

/// A session that holds what a migration needs.
public struct LockHolder: Sendable, Equatable {
  /// Its process on the server.
  public let process: Int64
  /// Its `application_name`.
  public let application: String
  /// How long it has been in its transaction or statement.
  public let age: Duration
  /// What it runs, or ran last, cut to 200 characters.
  public let statement: String
}

extension MigrationError: CustomStringConvertible {
  /// The facts in words, several lines when there are several.
  public var description: String {
    switch self {
    case .locked(let holders, let waited):
      let held = holders.map { "\n  held by \($0)" }.joined()
      return "locked by somebody else for \(DurationText.format(waited))\(held)"
    case .checksum(let mismatches):
      return mismatches.map(\.description).joined(separator: "\n")
    case .incompatible(let reason): return reason
    case .outpaced(let serving, let needed):
      return
        "the release that serves is \(serving) and could not run on the new schema, which needs"
        + " \(needed) or later; nothing was changed"
    case .connection(let error): return error.description
    case .failed(let failed): return failed.description
    case .invalid(let problems): return problems.map(\.description).joined(separator: "\n")
    case .interrupted: return "interrupted"
    }
  }
}

extension ChecksumMismatch: CustomStringConvertible {
  /// Which file was changed, and where.
  public var description: String {
    "\(file) was changed after it was applied, \(statement.map { "at \($0)" } ?? "at its end")"
  }
}

extension FailedStatement: CustomStringConvertible {
  /// `file:line: statement: reason`.
  public var description: String { "\(file):\(line): \(summary): \(error)" }
}

extension LockHolder: CustomStringConvertible {
  /// Process, application, age and statement.
  public var description: String {
    "process \(process) (\(application.isEmpty ? "no name" : application)) since "
      + "\(Int(age.inSeconds)) s: \(statement)"
  }
}
