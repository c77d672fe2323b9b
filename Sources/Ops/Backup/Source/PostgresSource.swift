import Core
import POSIX
import SQL

/// What a backup of a PostgreSQL database is to have.
struct PostgresBackupOptions: Sendable {
  /// Archives and scripts, in the order in which they are written.
  var formats: [BackupFile.Content] = [.custom]
  var proofMode = Proof.Mode.digest
  var excludedTables: [QualifiedName] = []
  var isSchemaOnly = false
  /// Whether roles and tablespaces are kept beside the database.
  var hasGlobals = true
  /// Whether only who holds a key will read it: then the digests of passwords are kept too.
  var isEncrypted = false
  /// Whether programs that are newer than the server may dump, which only a newer one may restore.
  var takesNewerClient = false
  /// How long a table may be locked by somebody else.
  var lockWait: Duration = .seconds(60)
  /// How long the server may take to answer at the beginning.
  var connectTimeout: Duration = .seconds(30)
}

/// A PostgreSQL database, read by `pg_dump` in a snapshot of a transaction that proves it.
final class PostgresSource: BackupSource {
  /// What the name of its own session begins with.
  static let sessions = "slipway backup"

  private let address: PostgresAddress
  private let options: PostgresBackupOptions
  private let programs: ProgramGroup
  private let environment: [String: String]
  private let database: PostgresDatabase

  let kind = BackupManifest.Kind.postgresql

  /// A source that is reached with `read`; `programs` are told to end by `cancel`.
  init(
    _ address: PostgresAddress, _ options: PostgresBackupOptions, programs: ProgramGroup,
    environment: [String: String]
  ) {
    self.address = address
    self.options = options
    self.programs = programs
    self.environment = environment
    var settings = DatabaseOptions()
    settings.applicationName = "\(Self.sessions) on \(ProcessInfo.hostName)"
    settings.pool.connectionsMax = 1
    settings.pool.connectTimeout = options.connectTimeout
    settings.session.statementTimeout = nil
    settings.session.idleInTransactionTimeout = nil
    settings.session.preparedStatements = .off
    database = PostgresDatabase(address: address, options: settings)
  }

  func read<Output: Sendable>(
    deliver: @escaping @Sendable (BackupSnapshot) throws -> Output,
    conclude: (BackupSnapshot, Output, Proof) throws -> Void
  ) throws {
    defer { database.close() }
    var isConcluded = false
    do {
      for _ in 0..<Self.holdAttemptsMax {
        let (tables, major) = try database.transaction(.read, deadline: connectDeadline) {
          try look($0)
        }
        let programs = try PostgresPrograms.find(serverMajor: major, environment)
        if !options.takesNewerClient { try programs.checkRestores(into: major) }
        do {
          return try database.transaction(.read, deadline: connectDeadline) { connection in
            try read(connection, tables, programs, deliver, conclude)
            isConcluded = true
          }
        } catch is TablesChanged {
          continue
        }
      }
      throw BackupError.refused(
        "tables came and went each time that they were to be held still",
        hints: ["take it when no migration runs"])
    } catch {
      // What is concluded is in the store: how the transaction ends changes nothing any more.
      if isConcluded { return }
      if programs.isCancelled { throw BackupError.interrupted }
      throw (error as? DatabaseError).map(BackupError.database) ?? error
    }
  }

  func cancel() {
    programs.cancel()
    database.interrupt()
  }

  /// How often tables are looked for anew, where they are no longer those that are held.
  private static let holdAttemptsMax = 5
  /// How often the lock is looked at while the streams take longer than the rows.
  private static let lockCheckInterval: Duration = .seconds(60)

  private var connectDeadline: Deadline { .after(options.connectTimeout) }

  /// The tables are no longer those that were found before they were locked.
  private struct TablesChanged: Error {}

  /// What there is to hold, and the server's major; who holds the lock of backups is told before
  /// anything is waited for.
  private func look(
    _ connection: any DatabaseConnection
  ) throws -> ([PostgresRelations.Relation], Int) {
    let session = PostgresSession(connection: connection)
    let major = try session.major()
    try session.lock()
    try PostgresProofReader.settle(connection)
    let relations = try PostgresRelations(connection, excluding: options.excludedTables)
    try relations.check(connection, readsRows: !options.isSchemaOnly)
    return (options.isSchemaOnly ? [] : relations.tables, major)
  }

  private func read<Output: Sendable>(
    _ connection: any DatabaseConnection, _ tables: [PostgresRelations.Relation],
    _ programs: PostgresPrograms,
    _ deliver: @escaping @Sendable (BackupSnapshot) throws -> Output,
    _ conclude: (BackupSnapshot, Output, Proof) throws -> Void
  ) throws {
    let session = PostgresSession(connection: connection)
    // First of all: the snapshot is that of the first question, and must not be older than the
    // locks. One that is shows a table empty that was rewritten while the locks were waited for.
    do throws(DatabaseError) {
      try session.hold(tables, wait: options.lockWait)
    } catch {
      throw error.isMissingTable ? TablesChanged() : error
    }
    try session.lock()
    try PostgresProofReader.settle(connection)
    let reader = try PostgresProofReader(
      connection, mode: options.proofMode, excludedTables: options.excludedTables,
      isSchemaOnly: options.isSchemaOnly)
    let found = options.isSchemaOnly ? [] : reader.relations.tables
    guard found.map(\.identity) == tables.map(\.identity) else { throw TablesChanged() }
    try reader.relations.check(connection, readsRows: !options.isSchemaOnly)
    let facts = try session.facts()
    var proof = try reader.outline()
    proof.logPosition = facts.logPosition
    let settings = try DatabaseSettings.read(connection)
    var snapshot = try snapshot(facts, reader.relations, settings, programs)
    snapshot.locale = try DatabaseLocale.read(
      connection, deadline: .after(PostgresRelations.catalogTimeout))
    try stream(snapshot, reader, proof, deliver, conclude)
  }

  /// Sends the streams beside the reading of the rows.
  private func stream<Output: Sendable>(
    _ snapshot: BackupSnapshot, _ reader: PostgresProofReader, _ outline: Proof,
    _ deliver: @escaping @Sendable (BackupSnapshot) throws -> Output,
    _ conclude: (BackupSnapshot, Output, Proof) throws -> Void
  ) throws {
    var proof = outline
    let session = PostgresSession(connection: reader.connection)
    let delivery = Delivery<Output>()
    let thread = try WorkThread.start("deliver") { [self] in
      delivery.end(Result { try deliver(snapshot) })
      // Whatever is read for the proof is then for nothing.
      if delivery.hasFailed { database.interrupt() }
    }
    let rows = Result {
      proof.tables = try reader.tables { if delivery.hasFailed { throw BackupError.interrupted } }
      proof.largeObjects = try reader.largeObjects()
      while !delivery.hasEnded(by: .after(Self.lockCheckInterval)) { try session.checkLock() }
    }
    // The first failure is the one that is told; what it ends fails as well.
    let isProofFirst = !delivery.hasFailed
    if case .failure = rows, isProofFirst { self.programs.stop() }
    thread.join()
    if case .failure = rows, isProofFirst { try rows.get() }
    let output = try delivery.value()
    try rows.get()
    for (index, position) in try reader.positions().enumerated() {
      proof.sequences[index].after = position.1
    }
    try session.checkLock()
    try conclude(snapshot, output, proof)
  }

  private func snapshot(
    _ facts: PostgresSession.Facts, _ relations: PostgresRelations, _ settings: DatabaseSettings,
    _ programs: PostgresPrograms
  ) throws -> BackupSnapshot {
    let dump = PostgresDump(
      programs: programs, variables: try PostgresVariables.make(address),
      snapshot: facts.snapshot, database: facts.database,
      excludedTables: relations.excluded.map(\.name.quoted), isSchemaOnly: options.isSchemaOnly,
      lockWait: options.lockWait,
      hasRolePasswords: facts.mayReadPasswords && options.isEncrypted)
    let contents = options.formats + (options.hasGlobals ? [.globals] : [])
    let group = self.programs
    let settingsStream = SnapshotStream(content: .settings, expectedBytes: 0) {
      try ProgramStream(.gzip, group, upstream: BytesStream(settings.json.recordBytes))
    }
    return BackupSnapshot(
      takenAt: facts.takenAt, serverVersion: facts.serverVersion, identity: facts.identity,
      lock: facts.lock,
      tools: ["pg_dump": programs.version], excludedTables: relations.leftOut,
      isSchemaOnly: options.isSchemaOnly,
      streams: contents.map { content in
        SnapshotStream(
          content: content, expectedBytes: content == .globals ? 0 : facts.databaseBytes,
          open: { try dump.open(content, group) })
      } + [settingsStream])
  }
}

/// What a thread brings back to the one that started it.
private final class Delivery<Output: Sendable>: Sendable {
  private let result = Guarded<Result<Output, any Error>?>(nil)
  private let hasEnded = WakeUp()

  func end(_ ended: Result<Output, any Error>) {
    result.withLock { $0 = ended }
    hasEnded.set()
  }

  /// Waits for it; false where the deadline came first.
  func hasEnded(by deadline: Deadline) -> Bool { hasEnded.wait(until: deadline) }

  var hasFailed: Bool {
    result.withLock { if case .failure = $0 { true } else { false } }
  }

  /// Once the thread has ended.
  func value() throws -> Output {
    guard let result = result.withLock({ $0 }) else { throw BackupError.interrupted }
    return try result.get()
  }
}

extension PostgresRelations.Relation {
  /// What must be the same for it to be the same table.
  fileprivate var identity: String { "\(identifier) \(name.quoted)" }
}

extension DatabaseError {
  /// Whether a table, or its schema, is no longer there.
  fileprivate var isMissingTable: Bool { ["42P01", "3F000"].contains(state?.rawValue) }
}
