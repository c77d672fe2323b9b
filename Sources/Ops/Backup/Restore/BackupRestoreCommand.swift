import Core
import JSON
import ObjectStorage
import POSIX
import SQL

/// Brings a backup back into a database.
struct BackupRestoreCommand: Command {
  private static let fromEnvironment = Option(
    "from-env", .text("NAME"), .optional,
    "take the backup of another environment; as with a --name that is not the environment's, "
      + "wants --confirm or the name typed on a terminal")
  private static let confirm = Option(
    "confirm", .text("NAME"), .optional,
    "what is restored into, typed out: the name that the catalog has for it")
  private static let allowUnproven = Flag(
    "allow-unproven", "take a backup that was never restored before")
  private static let allowUnsigned = Flag(
    "allow-unsigned",
    "take a backup that none of those has signed whose signatures count; a restore carries out "
      + "what it reads")
  private static let allowPartial = Flag(
    "allow-partial", "take a backup that was taken without some tables, or without rows")
  private static let intoExisting = Flag(
    "into-existing", "restore although there is something; an SQLite file is kept beside")
  private static let noOwner = Flag(
    "no-owner", "let everything belong to the role that restores, and grant nothing")
  private static let roles = Flag(
    "roles",
    "make the roles that the server lacks, as the backup has them: no passwords, no superusers")
  private static let olderServer = Flag(
    "older-server", "try it although the server is older than the programs")
  private static let jobs = Option(
    "jobs", .integer(1...64), .optional,
    "so many tables at once, from a file in --scratch; not in one transaction then")
  private static let noCompare = Flag(
    "no-compare", "do not read the database afterwards to compare it with the backup's proof")

  static let specification = CommandSpecification(
    name: "restore", summary: "bring a backup back into a database",
    description: """
      Takes the newest backup that is proven and has all of the database, or the one that is \
      named, and restores all of it or nothing: every byte is compared with the manifest's \
      digests before it is used, and a wrong one undoes the transaction. Where the newest is of \
      another database than those before it, one has to be named. A database that holds \
      something is refused, and a server that lacks a role which the dump names. Afterwards the \
      database is read and compared with what the backup's proof says, and gets the settings, \
      rights and comment that the original had. A dump as text that has large objects ends the \
      transaction amid itself: what fails afterwards leaves a part, so take an archive or a \
      database that can be dropped.

      An SQLite file is written beside its place and then renamed; what was there is kept under \
      another name. It is refused while a service has it open in WAL mode; one with a rollback \
      journal is seen only while it is used: stop the service first.
      """,
    options: [
      BackupOptions.environment, BackupOptions.database, BackupOptions.store, BackupOptions.name,
      fromEnvironment, confirm, RestoreOptions.identity, BackupOptions.signedBy, allowUnproven,
      allowUnsigned, allowPartial, intoExisting, noOwner, roles, olderServer, jobs, noCompare,
      RestoreOptions.scratch,
      BackupOptions.json,
    ],
    operands: [BackupShowCommand.backup],
    exitCodes: BackupOptions.exitCodes + [.dumpFailed],
    examples: [
      .init(
        line: "ops backup restore --env production --database env:DATABASE_URL",
        effect: "the newest proven backup into an empty database"),
      .init(
        line: "ops backup restore --env staging --from-env production --database env:DATABASE_URL",
        effect: "production's data into staging, once its name was typed"),
      .init(
        line: "ops backup restore --env local --into-existing",
        effect: "a local SQLite file; the old one stays beside it"),
    ])

  private let selection: BackupSelection
  private let other: String?
  private let confirmation: String?
  private let id: BackupID?
  private let identity: String?
  private let scratch: String?
  private let printsJSON: Bool
  private var rules = BackupRecovery.Rules()

  init(_ arguments: ParsedArguments) {
    selection = BackupSelection(arguments, readsDatabase: true)
    other = arguments.value(Self.fromEnvironment)
    confirmation = arguments.value(Self.confirm)
    id = arguments.value(BackupShowCommand.backup)
    identity = arguments.value(RestoreOptions.identity)
    scratch = arguments.value(RestoreOptions.scratch)
    printsJSON = arguments.has(BackupOptions.json)
    rules.allowsUnproven = arguments.has(Self.allowUnproven)
    rules.allowsUnsigned = arguments.has(Self.allowUnsigned)
    rules.allowsPartial = arguments.has(Self.allowPartial)
    rules.intoExisting = arguments.has(Self.intoExisting)
    rules.keepsOwners = !arguments.has(Self.noOwner)
    rules.makesRoles = arguments.has(Self.roles)
    rules.takesOlderServer = arguments.has(Self.olderServer)
    rules.jobs = arguments.value(Self.jobs)
    rules.compares = !arguments.has(Self.noCompare)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    FreedMemory.returnLargeBlocks()
    // Before any other thread, so that no thread takes the signals from this one.
    let interruption = try Interruption.watchingSignals()
    SignalReader.ignoreBrokenPipes()
    let target = try selection.databaseURL(context)
    let place = try source.place(context)
    let database = place.keys.database
    let isOther = other != nil || selection.environment.map { $0 != database } ?? false
    if isOther || confirmation != nil { try confirm(other ?? database, target, context) }
    let listing = try place.list(takesUnsigned: rules.allowsUnsigned)
    if id == nil, listing.isMixed {
      throw BackupError.refused(
        "the backups of '\(database)' are of several databases, which take turns",
        hints: ["ops backup show ID tells of which one is: name one", "give each its own --name"])
    }
    let entry = try listing.choose(
      id, atLeast: rules.allowsUnproven ? .uploaded : .proven, takesPartial: rules.allowsPartial)
    // Before all that is noted of it, which then says nothing.
    if !rules.allowsUnsigned { try place.signers.check(entry, in: place.catalog) }
    guard rules.allowsPartial || entry.hasAll else {
      throw BackupError.leavesOut(entry.manifest)
    }
    guard rules.allowsUnproven || entry.state == .proven else {
      throw BackupError.refused(
        "backup \(entry.id) is not proven by a restore",
        hints: ["prove it: ops backup drill \(entry.id)", "or say --allow-unproven"])
    }
    if id == nil, let before = listing.databaseBefore(entry) {
      throw BackupError.otherDatabase(entry, before: before, in: place.storage)
    }
    if id == nil { warn(of: listing.passedOver(for: entry), context) }
    if !printsJSON {
      context.error.line(
        "restoring \(entry.id), which shows \(entry.manifest.database) at "
          + "\(entry.manifest.snapshotAt.iso8601), into \(ErrorReport.printable(target.redacted))")
    }
    var recovery = BackupRecovery(
      place: place, entry: entry, target: target, rules: rules, interruption: interruption,
      scratch: RestoreOptions.scratch(scratch, context))
    recovery.identity = try identity.map { try BackupIdentity($0, context) }
    let found = try recovery.run()
    if printsJSON {
      context.output.line(found.json.written(pretty: true))
    } else {
      for line in found.lines { context.output.line(line) }
    }
    return found.differences.isEmpty ? .done : .verificationFailed
  }

  /// Says which newer backups are not taken.
  private func warn(of passedOver: PassedOver, _ context: CommandContext) {
    var passedOver = passedOver
    // Then they were passed over for something else.
    if rules.allowsPartial { passedOver.partial = [] }
    for words in passedOver.lines(toTake: "name it, with --allow-partial") {
      context.error.line("warning: \(ErrorReport.printable(words))")
    }
  }

  /// The catalog to restore from: with another environment its own, whatever the target's is.
  private var source: BackupSelection {
    guard let other else { return selection }
    return BackupSelection(
      environment: other, database: nil, store: selection.store, name: selection.name,
      signedBy: selection.signedBy)
  }

  /// Data of one environment in another's database: nobody does that by a slip of the hand.
  private func confirm(
    _ database: String, _ target: DatabaseURL, _ context: CommandContext
  ) throws {
    let wanted = selection.environment ?? target.redacted
    if let confirmation {
      guard confirmation == wanted else { throw Self.notConfirmed(wanted) }
      return
    }
    guard context.error.isTerminal else { throw Self.notConfirmed(wanted) }
    context.error.write(
      "This brings data of '\(database)' into '\(wanted)'. Type \(wanted) to go on: ")
    guard try Self.typedLine() == wanted else { throw Self.notConfirmed(wanted) }
  }

  private static let lineBytesMax = 4096

  private static func typedLine() throws -> String {
    let terminal = try File.open("/dev/tty", .read)
    let bytes = try terminal.read(upTo: lineBytesMax)
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  private static func notConfirmed(_ wanted: String) -> BackupError {
    .refused(
      "data of another environment is restored only where that is confirmed",
      hints: ["type '\(ErrorReport.printable(wanted))' on a terminal, or give it with --confirm"])
  }
}
