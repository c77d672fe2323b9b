import Core
import JSON
import Migrations
import POSIX
import SQL

/// `ops migrate apply`: brings a database to the schema of this release.
struct MigrateApplyCommand: Command {
  private static let version = Option(
    "to", .integer(1...1_000_000_000, name: "VERSION"), .optional, "the last migration to apply")
  private static let wait = Option(
    "wait", .duration, .byDefault("60s"), "time for a database that does not answer yet")
  private static let lockWait = Option(
    "lock-wait", .duration, .byDefault("10m"), "time for another migration to finish")
  private static let lockTimeout = Option(
    "lock-timeout", .duration, .byDefault("2s"),
    "time for one attempt at a table's lock, before the transaction is tried again")

  private static let serving = Option(
    "serving", .text("RELEASE"), .optional,
    "the release that serves meanwhile, OPS_SERVING unless given; what it could not run on is"
      + " refused")
  /// How a Job is told of that release.
  static let servingVariable = "OPS_SERVING"

  static let specification = CommandSpecification(
    name: "apply", summary: "apply the pending migrations",
    description: """
      One of many migrates, the others wait for it and then find nothing to do; running it again \
      is always right. SIGINT and SIGTERM cancel the running statement, undo its migration and \
      release the lock.
      """,
    options: [
      MigrateOptions.database, MigrateOptions.environment, version, wait, lockWait, lockTimeout,
      serving, MigrateOptions.json,
    ],
    exclusive: [[MigrateOptions.database, MigrateOptions.environment]],
    exitCodes: MigrateOptions.exitCodes + [.refused],
    examples: [
      .init(line: "ops migrate apply", effect: "migrate the database of the local environment"),
      .init(
        line: "ops migrate apply --database file:/run/secrets/database --wait 2m",
        effect: "migrate a database that may still be starting"),
    ])

  private let source: DatabaseSource
  private let options: MigrationRunOptions
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) {
    source = MigrateOptions.source(arguments)
    var options = MigrationRunOptions()
    options.version = arguments.value(Self.version)
    options.wait = arguments.required(Self.wait)
    options.limits.lockBudget = arguments.required(Self.lockWait)
    options.limits.lockTimeout = arguments.required(Self.lockTimeout)
    options.serving = arguments.value(Self.serving)
    self.options = options
    printsJSON = arguments.has(MigrateOptions.json)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let database = try source.resolve(context)
    if case .environment = source, case .sqlite(path: let path) = database {
      try File.makeDirectory(Path.parent(of: path), mode: LocalPaths.folderMode)
    }
    var options = options
    options.serving = options.serving ?? context.environment[Self.servingVariable]
    let run = MigrationRun(database: database, options)
    let view = MigrationView(context.error)
    let result = try CancelOnSignal().during(
      { try run.apply { view.show($0) } }, cancel: { run.cancel() })
    if printsJSON {
      context.output.line(result.json(database).written(pretty: true))
    } else {
      let count = result.applied.count
      let done = count == 0 ? "nothing to apply" : "\(count) applied"
      context.output.line("\(database.redacted): \(done), the schema is \(result.state)")
    }
    return .done
  }
}
