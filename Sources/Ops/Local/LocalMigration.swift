import Core
import Migrations
import POSIX
import SQL

/// Brings the database of a local environment up, within a rollout.
struct LocalMigration {
  let database: DatabaseURL

  /// Applies what is pending; what was done in one line.
  ///
  /// The lock is looked at again before each statement and each commit, not held over the whole:
  /// a run that was suspended past its time finds that it is no longer in charge, and undoes.
  func apply(_ run: any RolloutContext) throws -> String {
    let isHeld = run.heldCheck
    let migration = MigrationRun(database: database, beforeStep: { _ in try isHeld() })
    do {
      let result = try run.cancelling(with: { migration.cancel() }) { try migration.apply() }
      let names = result.applied.map(\.migration.file)
      return names.isEmpty ? "nothing to do" : "applied \(names.joined(separator: ", "))"
    } catch MigrationError.interrupted {
      throw Interrupted(reason: "the migration was cancelled and undone")
    }
  }
}
