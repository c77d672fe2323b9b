import Core
import JSON
import ObjectStorage
import POSIX
import SQL

/// `ops backup run`: takes a backup.
struct BackupRunCommand: Command {
  /// What a dump of PostgreSQL is written as.
  enum Format: String, CaseIterable, Sendable {
    case custom
    case plain
    case both

    var contents: [BackupFile.Content] {
      switch self {
      case .custom: [.custom]
      case .plain: [.plain]
      case .both: [.custom, .plain]
      }
    }
  }

  private static let format = Option(
    "format", .choice("FORMAT", of: Format.self), .byDefault("custom"),
    "custom is what pg_restore reads, plain is SQL in gzip, both are of one snapshot (PostgreSQL)")
  private static let proof = Option(
    "proof", .choice("MODE", of: Proof.Mode.self), .byDefault("digest"),
    "what a restored copy is compared by: nothing of rows, their counts, or all that is in them")
  private static let exclude = Option(
    "exclude-table", .qualifiedName, .repeatable,
    "a table to leave out, with the partitions of it (PostgreSQL)")
  private static let schemaOnly = Flag("schema-only", "tables without rows (PostgreSQL)")
  private static let noGlobals = Flag(
    "no-globals", "leave out the cluster's roles and tablespaces (PostgreSQL)")
  private static let newerClient = Flag(
    "newer-client",
    "dump although only a pg_dump newer than the server is here; an older server than that one "
      + "may not take the restore")
  private static let encryptTo = Option(
    "encrypt-to", .text("RECIPIENT"), .repeatable,
    "who can read it, by a public key of age; those of the environment unless given")
  private static let signWith = Option(
    "sign-with", KeySource.type, .optional,
    "the Ed25519 key in PEM that signs the manifest: file:PATH or env:NAME")
  private static let lockWait = Option(
    "lock-wait", .duration(in: .seconds(1)...(.seconds(86_400))), .byDefault("60s"),
    "time for somebody else's lock of a table (PostgreSQL)")
  private static let drill = Flag(
    "drill",
    "restore it at once and compare the copy, as 'ops backup drill' does; with --json its report is"
      + " 'drill' beside what the manifest has")

  static let specification = CommandSpecification(
    name: "run", summary: "take a backup of a database",
    description: """
      Dumps PostgreSQL with pg_dump in a snapshot, within which every table is counted and \
      digested as well, or copies a file of SQLite; streams it to the store without a temporary \
      file; and writes the manifest last. What fails on the way, or is stopped, leaves nothing \
      that a listing shows.

      Two runs on one database exclude each other. What killed runs left in the store is swept by \
      the next one.
      """,
    options: [
      BackupOptions.environment, BackupOptions.database, BackupOptions.store, BackupOptions.name,
      format, proof, exclude, schemaOnly, noGlobals, newerClient, encryptTo, signWith,
      BackupOptions.signedBy, lockWait, drill,
      RestoreOptions.identity, RestoreOptions.scratch, BackupMetricsDelivery.file,
      BackupMetricsDelivery.pushgateway, BackupOptions.json,
    ],
    requirements: [
      .init(option: RestoreOptions.identity, needs: drill),
      .init(option: RestoreOptions.scratch, needs: drill),
    ],
    exitCodes: [
      .refused, .inconclusive, .interrupted, .dumpFailed, .uploadFailed, .verificationFailed,
      .backupLocked, .configuration,
    ],
    examples: [
      .init(
        line: "ops backup run --env production --database env:DATABASE_URL",
        effect: "back up what a variable names, as platform.yaml says"),
      .init(
        line: "ops backup run --database file:/run/secrets/database --store s3://backups/orders",
        effect: "without platform.yaml"),
    ])

  private let selection: BackupSelection
  private let options: PostgresBackupOptions
  private let recipients: [String]
  private let signingKey: String?
  private let metrics: BackupMetricsDelivery
  private let drills: Bool
  private let identity: String?
  private let scratch: String?
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) {
    selection = BackupSelection(arguments, readsDatabase: true)
    var options = PostgresBackupOptions()
    options.formats = arguments.required(Self.format).contents
    options.proofMode = arguments.required(Self.proof)
    options.excludedTables = arguments.values(Self.exclude)
    options.isSchemaOnly = arguments.has(Self.schemaOnly)
    options.hasGlobals = !arguments.has(Self.noGlobals)
    options.takesNewerClient = arguments.has(Self.newerClient)
    options.lockWait = arguments.required(Self.lockWait)
    self.options = options
    recipients = arguments.values(Self.encryptTo)
    signingKey = arguments.value(Self.signWith)
    metrics = BackupMetricsDelivery(arguments)
    drills = arguments.has(Self.drill)
    identity = arguments.value(RestoreOptions.identity)
    scratch = arguments.value(RestoreOptions.scratch)
    printsJSON = arguments.has(BackupOptions.json)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    FreedMemory.returnLargeBlocks()
    let signals = try CancelOnSignal()
    return try metrics.following(.backup, of: selection, context) {
      try takeAndProve($0, signals, context)
    }
  }

  private func takeAndProve(
    _ place: BackupPlace, _ signals: CancelOnSignal, _ context: CommandContext
  ) throws -> ExitCode {
    let manifest = try take(place, signals, context)
    if !printsJSON {
      let files = manifest.files.map {
        "\($0.content.rawValue) \(ByteText.format($0.stored.bytes))"
      }
      context.output.line(
        "\(manifest.id) of \(manifest.database): \(files.joined(separator: ", ")) in "
          + place.storeName)
    }
    let report = drills ? Result { try drill(manifest, place, signals, context) } : nil
    if printsJSON {
      var members = manifest.json.members ?? []
      // Of a drill that came to no end there is nothing, and the backup is there all the same.
      if let report { members.append(JSONMember("drill", (try? report.get())?.json ?? .null)) }
      context.output.line(JSONValue.object(members).inNameOrder.written(pretty: true))
    }
    return try report?.get().exitCode ?? .done
  }

  /// Proves what was just taken.
  private func drill(
    _ manifest: BackupManifest, _ place: BackupPlace, _ signals: CancelOnSignal,
    _ context: CommandContext
  ) throws -> DrillReport {
    let listing = try place.list()
    let interruption = Interruption()
    var drill = BackupDrill(
      place: place, entry: try listing.choose(manifest.id, atLeast: .uploaded),
      interruption: interruption, parent: RestoreOptions.scratch(scratch, context))
    drill.identity = try identity.map { try BackupIdentity($0, context) }
    let found = try signals.during({ try drill.run() }) { interruption.raise("a signal") }
    if !printsJSON { for line in found.lines { context.output.line(line) } }
    return found
  }

  private func take(
    _ place: BackupPlace, _ signals: CancelOnSignal, _ context: CommandContext
  ) throws -> BackupManifest {
    let programs = ProgramGroup()
    let encryption = try AgeEncryption(
      recipients.isEmpty ? place.policy?.encryptTo ?? [] : recipients)
    if drills, encryption != nil, identity == nil {
      throw BackupError.refused(
        "what is encrypted for others can not be restored here, and so not be drilled",
        hints: ["give the key with --identity, or drill it where the key is: ops backup drill"])
    }
    let signer = try signingKey.map { try ManifestSigner($0, context) }
    try place.signers.check(signer)
    let source = try source(programs, isEncrypted: encryption != nil, context)
    let view = BackupView(context, expectedBytes: expectedBytes(place, context))
    defer { view.end() }
    let run = BackupRun(
      source, into: place.catalog, encryption: encryption, signer: signer,
      programs: programs, report: { view.show($0) })
    let calls = Guarded(0)
    return try signals.during({ try run.run() }) {
      run.cancel()
      let count = calls.withLock { calls in
        calls += 1
        return calls
      }
      // Whoever asks twice does not wait for a store that does not answer; the next run sweeps.
      if count > 1 { ProcessInfo.exit(ExitCode.interrupted.rawValue) }
    }
  }

  private func source(
    _ programs: ProgramGroup, isEncrypted: Bool, _ context: CommandContext
  ) throws -> any BackupSource {
    switch try selection.databaseURL(context) {
    case .postgres(let address):
      var options = options
      options.isEncrypted = isEncrypted
      return PostgresSource(
        address, options, programs: programs, environment: context.environment)
    case .sqlite(let path):
      guard options.excludedTables.isEmpty, !options.isSchemaOnly else {
        throw BackupError.configuration("a file of SQLite is copied whole")
      }
      return try SQLiteSource(context.absolute(path), mode: options.proofMode)
    }
  }

  /// Only a person asks how long it takes; a listing costs a request for each backup.
  private func expectedBytes(_ place: BackupPlace, _ context: CommandContext) -> Int64? {
    guard context.error.isTerminal else { return nil }
    return (try? place.catalog.list())?.entries.first?.manifest.storedBytes
  }
}

extension ValueType where Value == QualifiedName {
  /// A table with its schema.
  static var qualifiedName: Self {
    ValueType(
      name: "SCHEMA.TABLE",
      allowed: "a schema, a dot and a name, in double quotes where SQL needs them"
    ) { QualifiedName(title: $0) }
  }
}
