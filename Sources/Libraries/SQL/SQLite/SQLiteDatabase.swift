import CSQLite
import Core
import Synchronization

/// An SQLite file: one connection that writes, several that read beside it.
///
/// In WAL mode readers see the last commit and never wait for the writer, nor it for them.
///
/// https://www.sqlite.org/wal.html
public final class SQLiteDatabase: Database {
  /// The file's path, or `:memory:`.
  public let path: String
  let options: SQLiteOptions
  private let writer: SQLiteConnection
  private let readers: [SQLiteConnection]
  private let writerSlot: SlotPool
  private let readerSlots: SlotPool
  /// Connections of backups that are under way.
  let guests = Guarded<[SQLiteConnection]>([])
  /// How often somebody interrupted what runs.
  let interruptions = Atomic(0)

  /// Opens the file, which is made when it is missing.
  ///
  /// Opening reads the header, so that a file that is not a database, cannot be read or cannot be
  /// written is an error here, with the path in its message.
  public init(
    path: String, options: SQLiteOptions = SQLiteOptions(), waitersMax: Int = 256
  ) throws(DatabaseError) {
    self.path = path
    self.options = options
    writer = try Self.open(path, options)
    writerSlot = SlotPool(slots: 1, waitersMax: waitersMax)
    if path == SQLiteLocation.memory {
      // Each connection to `:memory:` would be a database of its own.
      readers = [writer]
      readerSlots = writerSlot
      return
    }
    var readers: [SQLiteConnection] = []
    for _ in 0..<min(max(1, options.readersMax), SlotPool.slotsMax) {
      readers.append(try Self.open(path, options, forReading: true))
    }
    self.readers = readers
    readerSlots = SlotPool(slots: readers.count, waitersMax: waitersMax)
  }

  /// `sqlite`.
  public var dialect: Dialect { .sqlite }

  /// The address in the form of a URL.
  public var address: String { DatabaseURL.sqlite(path: path).redacted }

  /// All rows of the statement's result.
  public func query(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> [Row] {
    let lease = try lease(for: statement.access, deadline: deadline)
    defer { giveBack(lease) }
    return try lease.connection.query(statement, parameters, deadline: deadline)
  }

  /// Carries the statement out.
  public func execute(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> Int {
    let lease = try lease(for: statement.access, deadline: deadline)
    defer { giveBack(lease) }
    return try lease.connection.execute(statement, parameters, deadline: deadline)
  }

  /// Gives `body` each row.
  public func forEachRow(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline,
    _ body: (Row) throws -> Void
  ) throws {
    let lease = try lease(for: statement.access, deadline: deadline)
    defer { giveBack(lease) }
    try lease.connection.run(statement, parameters, deadline: deadline) { try body($0.row()) }
  }

  /// A transaction: on a reader, or with `BEGIN IMMEDIATE` on the writer.
  ///
  /// Immediate takes the write lock at once; a later upgrade could not wait for it.
  public func transaction<Result>(
    _ mode: TransactionMode, deadline: Deadline, _ body: (any DatabaseConnection) throws -> Result
  ) throws -> Result {
    let lease = try lease(for: mode == .read ? .read : .write, deadline: deadline)
    defer { giveBack(lease) }
    let begin = mode == .read ? "BEGIN DEFERRED" : "BEGIN IMMEDIATE"
    try lease.connection.run(script: begin, named: "begin", deadline: deadline)
    let scope = SQLiteScope(lease.connection)
    defer { scope.end() }
    let result = try body(scope)
    guard lease.connection.isInTransaction else {
      throw DatabaseError(.serialization, "the transaction was rolled back within")
    }
    try lease.connection.run(script: "COMMIT", named: "commit", deadline: deadline)
    return result
  }

  /// The writer without a transaction; the only reader when the file is read-only.
  public func session<Result>(
    deadline: Deadline, _ body: (any DatabaseConnection) throws -> Result
  ) throws -> Result {
    let lease = try lease(for: .write, deadline: deadline)
    defer { giveBack(lease) }
    let scope = SQLiteScope(lease.connection)
    defer { scope.end() }
    return try body(scope)
  }

  /// Reads the file's header.
  public func ping(deadline: Deadline) throws(DatabaseError) {
    _ = try query(Self.schemaVersion, deadline: deadline)
  }

  /// Interrupts every connection, and ends backups that are under way.
  public func interrupt() {
    interruptions.wrappingAdd(1, ordering: .relaxed)
    guests.withLock { for guest in $0 { guest.interrupt() } }
    writer.interrupt()
    for reader in readers { reader.interrupt() }
  }

  /// Closes the connections; the last one to close folds the journal into the file.
  public func close() {
    for slot in readerSlots.close() { readers[slot].close() }
    if readerSlots !== writerSlot { for _ in writerSlot.close() { writer.close() } }
  }

  /// Connections and waits.
  public var statistics: PoolStatistics {
    let read = readerSlots.counts
    let write = readerSlots === writerSlot ? (idle: 0, waiting: 0, timedOut: 0) : writerSlot.counts
    var statistics = PoolStatistics()
    statistics.connectionsMax = readerSlots === writerSlot ? 1 : readers.count + 1
    statistics.idle = read.idle + write.idle
    statistics.inUse =
      readerSlots.hasClosed ? 0 : statistics.connectionsMax - statistics.idle
    statistics.waiting = read.waiting + write.waiting
    statistics.waitsTimedOut = read.timedOut + write.timedOut
    return statistics
  }

  private static let schemaVersion = Statement(
    "ping", postgres: "SELECT 1", sqlite: "PRAGMA schema_version", access: .read)
}

extension SQLiteDatabase {
  private struct Lease {
    let connection: SQLiteConnection
    let slots: SlotPool
    let slot: Int
  }

  private func lease(
    for access: Statement.Access, deadline: Deadline
  ) throws(DatabaseError) -> Lease {
    switch access {
    case .read:
      let slot = try readerSlots.acquire(deadline: deadline)
      return Lease(connection: readers[slot], slots: readerSlots, slot: slot)
    case .write:
      let slot = try writerSlot.acquire(deadline: deadline)
      return Lease(connection: writer, slots: writerSlot, slot: slot)
    }
  }

  private func giveBack(_ lease: Lease) {
    if lease.connection.isInTransaction {
      let wait = Deadline.after(Self.rollbackTimeout)
      try? lease.connection.run(script: "ROLLBACK", named: "rollback", deadline: wait)
    }
    if lease.slots.hasClosed {
      lease.connection.close()
    } else {
      lease.slots.release(lease.slot)
      // Whoever closes meanwhile may have come before the release.
      if lease.slots.hasClosed { close() }
    }
  }

  private static let rollbackTimeout: Duration = .seconds(5)
  static let openTimeout: Duration = .seconds(10)

  static func open(
    _ path: String, _ options: SQLiteOptions, forReading: Bool = false
  ) throws(DatabaseError) -> SQLiteConnection {
    let location =
      options.readOnly ? SQLiteLocation(readOnly: path) : SQLiteLocation(path: path)
    let flags =
      options.readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    let connection = try SQLiteConnection(
      location, flags: flags, busyTimeout: options.busyTimeout)
    let deadline = Deadline.after(openTimeout)
    do throws(DatabaseError) {
      try connection.run(script: "PRAGMA schema_version", named: "open", deadline: deadline)
      if !options.readOnly, path != SQLiteLocation.memory, connection.isReadOnly {
        throw DatabaseError(.readOnly, "the file cannot be written")
      }
      let settings = pragmas(options, forReading: forReading)
      try connection.run(script: settings, named: "open", deadline: deadline)
    } catch {
      throw DatabaseError(error.kind, "\(path): \(error.message)", statement: "open")
    }
    return connection
  }

  private static func pragmas(_ options: SQLiteOptions, forReading: Bool) -> String {
    var lines = ["PRAGMA foreign_keys = ON", "PRAGMA trusted_schema = OFF"]
    if !options.readOnly {
      lines.append("PRAGMA journal_mode = WAL")
      lines.append("PRAGMA synchronous = \(options.synchronous.rawValue)")
    }
    if forReading { lines.append("PRAGMA query_only = ON") }
    return lines.joined(separator: "; ")
  }
}

/// What a closure gets: the connection until the closure returns.
final class SQLiteScope: DatabaseConnection {
  private var connection: SQLiteConnection?

  init(_ connection: SQLiteConnection) { self.connection = connection }

  func end() { connection = nil }

  var dialect: Dialect { .sqlite }

  var isBehindPooler: Bool { false }

  func serverProcess(deadline: Deadline) throws(DatabaseError) -> Int64? { nil }

  func query(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> [Row] {
    try valid.query(statement, parameters, deadline: deadline)
  }

  func execute(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> Int {
    try valid.execute(statement, parameters, deadline: deadline)
  }

  func forEachRow(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline,
    _ body: (Row) throws -> Void
  ) throws {
    try valid.run(statement, parameters, deadline: deadline) { try body($0.row()) }
  }

  func copy(
    into table: CopyTable, deadline: Deadline, _ fill: (inout CopyBatch) throws -> Void
  ) throws -> Int {
    try valid.copy(into: table, deadline: deadline, fill)
  }

  func run(script: String, named name: String, deadline: Deadline) throws(DatabaseError) {
    try valid.run(script: script, named: name, deadline: deadline)
  }

  private var valid: SQLiteConnection {
    guard let connection else { preconditionFailure("used after its closure returned") }
    return connection
  }
}
