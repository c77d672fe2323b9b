import Core
import JSON
import Migrations
import SQL

/// `ops migrate status`: what a database has of this release's migrations.
struct MigrateStatusCommand: Command {
  private static let wait = Option(
    "wait", .duration, .byDefault("0s"), "time for a database that does not answer yet")

  static let specification = CommandSpecification(
    name: "status", summary: "show which migrations a database has",
    description: """
      Changes nothing and makes nothing. Pending migrations are no failure; files that were \
      changed after they were applied, and a schema that this release cannot use, are.
      """,
    options: [
      MigrateOptions.database, MigrateOptions.environment, wait, MigrateOptions.json,
    ],
    exclusive: [[MigrateOptions.database, MigrateOptions.environment]],
    exitCodes: MigrateOptions.exitCodes.filter {
      ![.migrationLocked, .migrationFailed].contains($0)
    },
    examples: [
      .init(
        line: "ops migrate status --database env:DATABASE_URL",
        effect: "look at the database that a variable names")
    ])

  private let source: DatabaseSource
  private let options: MigrationRunOptions
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) {
    source = MigrateOptions.source(arguments)
    var options = MigrationRunOptions()
    options.wait = arguments.required(Self.wait)
    self.options = options
    printsJSON = arguments.has(MigrateOptions.json)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let run = MigrationRun(database: try source.resolve(context), options)
    let view = MigrationView(context.error)
    let status = try CancelOnSignal().during(
      { try run.status { view.show($0) } }, cancel: { run.cancel() })
    if printsJSON {
      context.output.line(status.json(run.database).written(pretty: true))
    } else {
      for line in MigrationTable(status.migrations).lines { context.output.line(line) }
      context.output.line("\(run.database.redacted): \(status.state)")
    }
    if !status.migrations.mismatches.isEmpty {
      throw MigrationError.checksum(status.migrations.mismatches)
    }
    if case .aheadIncompatible = status.state { return .migrationIncompatible }
    return .done
  }
}
