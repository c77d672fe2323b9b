import Core
import JSON
import Migrations
import SQL

/// The state of every migration that a release or a database knows.
struct MigrationTable {
  /// What a migration is in this database.
  enum State: String, Sendable {
    case applied
    case pending
    /// Begun without a transaction, and not finished.
    case unfinished
    /// Its file was changed after it was applied.
    case changed
    /// Older than one that was applied, so that it cannot be.
    case outOfOrder = "out-of-order"
    /// A newer release's.
    case newer
  }

  /// One migration.
  struct Row: Sendable, Equatable {
    let version: Int
    let name: String
    let phase: String
    let state: State
    /// When it was applied, and by which release.
    let applied: AppliedMigration?
  }

  /// By version.
  let rows: [Row]

  init(_ status: MigrationStatus) {
    let changed = Set(status.mismatches.map(\.version))
    let late = Set(status.outOfOrder.map(\.version))
    let applied = status.applied.map { row in
      Row(
        version: row.version, name: row.name, phase: row.phase,
        state: changed.contains(row.version) ? .changed : .applied, applied: row)
    }
    let pending = status.pending.map { migration in
      let begun = status.unfinished.flatMap { $0.version == migration.version ? $0 : nil }
      let state: State =
        if changed.contains(migration.version) {
          .changed
        } else if begun != nil {
          .unfinished
        } else {
          late.contains(migration.version) ? .outOfOrder : .pending
        }
      return Row(
        version: migration.version, name: migration.name, phase: migration.header.phase.rawValue,
        state: state, applied: begun)
    }
    let newer = status.unknown.map { row in
      Row(version: row.version, name: row.name, phase: row.phase, state: .newer, applied: row)
    }
    rows = (applied + pending + newer).sorted { $0.version < $1.version }
  }

  /// Columns for people, the heading first.
  var lines: [String] {
    let cells =
      [["VERSION", "NAME", "PHASE", "STATE", "APPLIED", "RELEASE"]]
      + rows.map { row in
        let version = String(row.version)
        let zeros = String(repeating: "0", count: max(0, 4 - version.count))
        return [
          zeros + version, row.name, row.phase, row.state.rawValue,
          row.applied?.finishedAt?.iso8601 ?? "-", row.applied?.release ?? "-",
        ]
      }
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { row in
      let padded = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      let line = ErrorReport.printable(padded.joined(separator: "  "))
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  var json: JSONValue {
    .array(
      rows.map { row in
        [
          "version": .integer(Int64(row.version)), "name": .string(row.name),
          "phase": .string(row.phase), "state": .string(row.state.rawValue),
          "appliedAt": row.applied?.finishedAt.map { .string($0.iso8601) } ?? .null,
          "release": row.applied.map { .string($0.release) } ?? .null,
        ]
      })
  }
}

extension SchemaState {
  /// The state for scripts: a word, and the sentence for people.
  var json: JSONValue {
    let word =
      switch self {
      case .notInitialised: "not-initialised"
      case .behind: "behind"
      case .current: "current"
      case .aheadCompatible: "ahead-compatible"
      case .aheadIncompatible: "ahead-incompatible"
      }
    return [
      "state": .string(word), "usable": .boolean(isUsable), "detail": .string(description),
    ]
  }
}

extension MigrationRun.Result {
  /// What `ops migrate apply --json` prints.
  func json(_ database: DatabaseURL) -> JSONValue {
    [
      "database": .string(database.redacted), "schema": state.json,
      "applied": .array(
        applied.map { step in
          [
            "version": .integer(Int64(step.migration.version)),
            "name": .string(step.migration.name), "file": .string(step.migration.file),
            "phase": .string(step.migration.header.phase.rawValue),
            "milliseconds": .integer(step.duration.inMilliseconds),
          ]
        }),
    ]
  }
}

extension MigrationRun.Status {
  /// What `ops migrate status --json` prints.
  func json(_ database: DatabaseURL) -> JSONValue {
    [
      "database": .string(database.redacted), "schema": state.json,
      "migrations": MigrationTable(migrations).json,
    ]
  }
}
