import JSON
import ObjectStorage

/// `ops backup list`: the backups of a database, newest first.
struct BackupListCommand: Command {
  static let specification = CommandSpecification(
    name: "list", summary: "show the backups of a database and how good they are known to be",
    description: """
      A backup is uploaded, then bytes-verified when it was read back, then proven when it was \
      restored and compared. One that lost an object is INCOMPLETE, and where signatures are asked \
      for one without is UNSIGNED. What is not this program's is left alone and told.
      """,
    options: BackupOptions.ofStore + [BackupOptions.json],
    exitCodes: [.uploadFailed, .configuration],
    examples: [.init(line: "ops backup list --env production", effect: "newest first")])

  private let selection: BackupSelection
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) {
    selection = BackupSelection(arguments)
    printsJSON = arguments.has(BackupOptions.json)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let place = try selection.place(context)
    let listing = try place.list()
    let table = BackupTable(
      listing: listing, database: place.keys.database, store: place.storeName)
    if printsJSON {
      context.output.line(table.json.written(pretty: true))
      return .done
    }
    for line in table.lines { context.output.line(line) }
    for remark in table.remarks {
      context.error.line("warning: \(ErrorReport.printable(remark))")
    }
    return .done
  }
}
