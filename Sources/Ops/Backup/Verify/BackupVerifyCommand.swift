import Core
import JSON
import ObjectStorage
import POSIX

/// `ops backup verify`: reads a backup back and checks that it is what was written.
struct BackupVerifyCommand: Command {
  private static let all = Flag("all", "every backup, newest first")

  static let specification = CommandSpecification(
    name: "verify", summary: "read a backup back and check that it is what was written",
    description: """
      Compares lengths and SHA-256 of every part and of every file with the manifest. What is not \
      encrypted is read as what it is too: archives by pg_restore to their end, scripts to the \
      line that says that they are whole. A backup that is whole is bytes-verified from then on; \
      one that is not is no longer called so, nor proven.

      That a backup can be restored is proven by ops backup drill alone.
      """,
    options: BackupOptions.ofStore + [all, BackupOptions.json],
    operands: [BackupShowCommand.backup],
    exitCodes: BackupOptions.exitCodes,
    examples: [
      .init(line: "ops backup verify --env production", effect: "read the newest back"),
      .init(line: "ops backup verify --env production --all", effect: "read all of them back"),
    ])

  private let selection: BackupSelection
  private let id: BackupID?
  private let readsAll: Bool
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) {
    selection = BackupSelection(arguments)
    id = arguments.value(BackupShowCommand.backup)
    readsAll = arguments.has(Self.all)
    printsJSON = arguments.has(BackupOptions.json)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    FreedMemory.returnLargeBlocks()
    let signals = try CancelOnSignal()
    let place = try selection.place(context)
    let listing = try place.list()
    guard !readsAll || id == nil else {
      throw BackupError.configuration("either all backups are read, or one that is named")
    }
    if readsAll, listing.entries.isEmpty { throw BackupError.noBackup("there is no backup") }
    let entries =
      try readsAll
      ? listing.entries.filter { !$0.isOfOthers } : [listing.choose(id, atLeast: .uploaded)]
    // It knows why there is none.
    if entries.isEmpty { _ = try listing.choose(nil, atLeast: .uploaded) }
    for entry in listing.entries where readsAll && entry.isOfOthers {
      context.error.line("\(entry.id) is not read: no key has signed it that counts")
    }
    let programs = ProgramGroup()
    var failure: (any Error)?
    var results: [JSONValue] = []
    for entry in entries {
      do {
        let mark = try verify(entry, place, programs, signals, context)
        results.append(["id": .string(entry.id.text), "state": .string(mark.stage.rawValue)])
        if !printsJSON {
          let bytes = ByteText.format(entry.manifest.storedBytes)
          context.output.line("\(entry.id) is whole: \(bytes), \(mark.duration.inMilliseconds) ms")
        }
      } catch {
        // Of many, one that is broken keeps nobody from looking at the others.
        guard entries.count > 1, !programs.isCancelled else { throw error }
        failure = failure ?? error
        let words = ErrorReport(error).findings[0].message
        results.append(["id": .string(entry.id.text), "problem": .string(words)])
        if !printsJSON { context.output.line("\(entry.id): \(ErrorReport.printable(words))") }
      }
    }
    if printsJSON { context.output.line(JSONValue.array(results).written(pretty: true)) }
    if let failure { return ErrorReport(failure).exitCode }
    return .done
  }

  private func verify(
    _ entry: BackupEntry, _ place: BackupPlace, _ programs: ProgramGroup,
    _ signals: CancelOnSignal, _ context: CommandContext
  ) throws -> BackupMark {
    let view = BackupView(context, expectedBytes: entry.manifest.storedBytes)
    defer { view.end() }
    let verification = BackupVerification(
      catalog: place.catalog, entry: entry, programs: programs, environment: context.environment,
      signers: place.signers,
      progress: { view.show(.stored(entry.manifest.files[0].content, bytes: $0)) })
    return try signals.during({ try verification.run() }) { programs.cancel() }
  }
}
