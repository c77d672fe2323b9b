import Migrations
import SQL

/// The words and exit codes for what went wrong with a migration.
extension MigrationError: ReportableError {
  var exitCode: ExitCode {
    switch self {
    case .locked: .migrationLocked
    case .checksum: .migrationChecksum
    case .incompatible: .migrationIncompatible
    case .outpaced: .refused
    case .connection(let error):
      error.kind == .configuration ? .configuration : .migrationConnection
    case .failed: .migrationFailed
    case .invalid: .failure
    case .interrupted: .interrupted
    }
  }

  var findings: [Finding] {
    switch self {
    case .invalid(let problems):
      return problems.map { problem in
        let place = problem.place
        return Finding(
          message: problem.message,
          place: Finding.Place(file: place.file, line: place.line, column: 1))
      }
    case .checksum(let mismatches):
      return mismatches.map { mismatch in
        Finding(
          message: mismatch.description,
          hints: ["put the file back as it was and make the change a new migration"])
      }
    case .outpaced:
      return [
        Finding(
          message: description,
          hints: ["--forward-only of a rollout accepts that there is no way back"])
      ]
    case .locked, .incompatible, .connection, .failed, .interrupted:
      let lines = description.split(separator: "\n").map(String.init)
      return [Finding(message: lines.first ?? "", hints: Array(lines.dropFirst()))]
    }
  }
}
