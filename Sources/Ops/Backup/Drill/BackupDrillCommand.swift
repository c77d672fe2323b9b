import Core
import JSON
import ObjectStorage
import POSIX
import SQL

/// Restores a backup and compares the copy with what the database held.
struct BackupDrillCommand: Command {
  private static let drillOn = Option(
    "drill-on", .text("WHERE"), .optional,
    "a server to make the copy on: env:NAME, file:PATH, or source for the database's own")

  static let specification = CommandSpecification(
    name: "drill", summary: "restore a backup, compare the copy, and call the backup proven",
    description: """
      Restores the newest backup that has all of the database, or the one that is named, into a \
      private server, which is made for it and gone afterwards, reads the copy as the original was \
      read, and compares exactly: the schema, every table's rows, sequences, large objects, \
      extensions. A backup whose copy is the same is proven from \
      then on; one that does not come back as it was is no longer. One whose proof does not have \
      what is in the rows (--proof counts or none, --schema-only) is compared and not called \
      proven, which ends with 14. Where a newer one is INCOMPLETE the drill ends with 32, whatever \
      came of the one that it restored.

      The private server is of the database's own major, or else of the next newer one that is on \
      this machine. It restores as a role without superuser where the dump allows.
      """,
    options: [
      BackupOptions.environment, BackupOptions.database, BackupOptions.store, BackupOptions.name,
      RestoreOptions.identity, BackupOptions.signedBy, drillOn, RestoreOptions.scratch,
      RestoreOptions.report, BackupMetricsDelivery.file, BackupMetricsDelivery.pushgateway,
      BackupOptions.json,
    ],
    operands: [BackupShowCommand.backup],
    requirements: [.init(option: BackupOptions.database, needs: drillOn)],
    exitCodes: BackupOptions.exitCodes + [.inconclusive, .dumpFailed],
    examples: [
      .init(line: "ops backup drill --env production", effect: "prove the newest backup"),
      .init(
        line: "ops backup drill --env production --identity file:/run/secrets/age.key --report out",
        effect: "an encrypted one, with evidence in out/drill.json and out/drill.md"),
    ])

  private let selection: BackupSelection
  private let id: BackupID?
  private let identity: String?
  private let drillOn: String?
  private let scratch: String?
  private let report: String?
  private let metrics: BackupMetricsDelivery
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) {
    selection = BackupSelection(arguments, readsDatabase: true)
    id = arguments.value(BackupShowCommand.backup)
    identity = arguments.value(RestoreOptions.identity)
    drillOn = arguments.value(Self.drillOn)
    scratch = arguments.value(RestoreOptions.scratch)
    report = arguments.value(RestoreOptions.report)
    metrics = BackupMetricsDelivery(arguments)
    printsJSON = arguments.has(BackupOptions.json)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    FreedMemory.returnLargeBlocks()
    // Before any other thread, so that no thread takes the signals from this one.
    let interruption = try Interruption.watchingSignals()
    SignalReader.ignoreBrokenPipes()
    return try metrics.following(.drill, of: selection, context) {
      try prove($0, interruption, context)
    }
  }

  private func prove(
    _ place: BackupPlace, _ interruption: Interruption, _ context: CommandContext
  ) throws -> ExitCode {
    let listing = try place.list()
    // A partial one proves nothing of those that have all.
    let wanted = id ?? listing.newestOfAny(.uploaded)?.id
    let entry = try listing.choose(wanted, atLeast: .uploaded)
    let passedOver = id == nil ? listing.passedOver(for: entry) : PassedOver()
    for words in passedOver.words {
      context.error.line("warning: \(ErrorReport.printable(words))")
    }
    var drill = BackupDrill(
      place: place, entry: entry, interruption: interruption,
      parent: RestoreOptions.scratch(scratch, context))
    drill.identity = try identity.map { try BackupIdentity($0, context) }
    drill.elsewhere = try elsewhere(context)
    var found = try drill.run()
    found.passedOver = passedOver
    try found.write(to: report.map(context.absolute))
    if printsJSON {
      context.output.line(found.json.written(pretty: true))
    } else {
      for line in found.lines { context.output.line(line) }
    }
    return found.exitCode
  }

  /// The server that was named in place of a private one.
  private func elsewhere(_ context: CommandContext) throws -> PostgresAddress? {
    guard let drillOn else { return nil }
    let url =
      try drillOn == "source"
      ? selection.databaseURL(context)
      : DatabaseSource(option: Secret(drillOn)).resolve(context)
    guard case .postgres(let address) = url else {
      throw BackupError.configuration("--drill-on takes a server of PostgreSQL")
    }
    return address
  }
}
