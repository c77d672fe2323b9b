import Core
import Migrations
import POSIX
import SQL
import Schema

/// Brings the database of a local environment up, within a rollout.
struct LocalMigration {
  let database: DatabaseURL

  /// Applies what is pending; what was done in one line.
  func apply(_ run: any RolloutContext) throws -> String {
    let open = try database.open(.forMigrations(host: ProcessInfo.hostName))
    defer { open.close() }
    let migrator = Migrator(open, try ServiceSchema.migrations(for: open.dialect))
    do {
      let applied = try run.cancelling(with: { migrator.stop() }) {
        // The whole runs under the lock: who takes it over waits for the statement's end.
        try run.change { _ in try migrator.apply() }
      }
      let names = applied.map { "\($0.version)_\($0.name)" }
      return names.isEmpty ? "nothing to do" : "applied \(names.joined(separator: ", "))"
    } catch MigrationError.interrupted {
      throw Interrupted(reason: "the migration was cancelled")
    }
  }
}
