import Core
import Migrations
import POSIX
import SQL

/// Brings the database of a local environment up, within a rollout.
struct LocalMigration {
  /// What is left of the rollout's time for putting things back in order.
  private static let margin: Duration = .seconds(5)

  let database: DatabaseURL

  /// Applies what is pending; what was done in one line.
  ///
  /// The lock is looked at again before each statement and each commit, not held over the whole:
  /// a run that was suspended past its time finds that it is no longer in charge, and undoes.
  func apply(_ run: any RolloutContext) throws -> String {
    let isHeld = run.heldCheck
    var options = MigrationRunOptions()
    // A little less than the rollout has, so that what is waited for is named.
    let budget = max(.seconds(1), run.remaining - Self.margin)
    options.limits.lockBudget = min(options.limits.lockBudget, budget)
    options.limits.retryBudget = min(options.limits.retryBudget, budget)
    options.limits.statementTimeout = min(options.limits.statementTimeout, budget)
    let migration = MigrationRun(database: database, options, beforeStep: { _ in try isHeld() })
    do {
      let result = try run.cancelling(with: { migration.cancel() }) { try migration.apply() }
      let names = result.applied.map(\.migration.file)
      return names.isEmpty ? "nothing to do" : "applied \(names.joined(separator: ", "))"
    } catch MigrationError.interrupted {
      throw Interrupted(reason: "the migration was cancelled and undone")
    }
  }
}
