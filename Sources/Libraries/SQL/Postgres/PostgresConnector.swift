import CPostgres
import Core
import Glibc

/// Opens connections: every address of a list in turn, each within its own time.
///
/// libpq's own `connect_timeout` does not work with `PQconnectPoll`, and a deadline of less than
/// two seconds does not work with its blocking calls.
///
/// https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PQCONNECTSTARTPARAMS
struct PostgresConnector: Sendable {
  let address: PostgresAddress
  let options: DatabaseOptions

  /// A connection that is ready for statements.
  ///
  /// Every failure is `unavailable(sent: false)` and has the words of the last address.
  func connect(deadline: Deadline) throws(DatabaseError) -> PostgresConnection {
    var failure = DatabaseError(.unavailable(sent: false), "the deadline passed before an attempt")
    for sessionAttribute in sessionAttributes {
      for host in address.hosts.isEmpty ? [nil] : address.hosts.map(Optional.some) {
        guard !deadline.hasPassed else { throw failure }
        do throws(DatabaseError) {
          let settings = settings(for: host, sessionAttribute)
          let until = deadline.within(options.pool.connectTimeout)
          let connection = unsafe PostgresConnection(handle: try open(settings, until))
          try prepare(connection, deadline: until)
          return connection
        } catch {
          failure = DatabaseError(
            .unavailable(sent: false), error.message, state: error.state, statement: "connect")
        }
      }
    }
    throw failure
  }

  private static let targetKey = "target_session_attrs"

  /// `prefer-standby` needs a second round over the list, which libpq cannot do for us.
  private var sessionAttributes: [String?] {
    guard let wanted = address.parameters[Self.targetKey] else { return [nil] }
    return wanted == "prefer-standby" ? ["standby", "any"] : [wanted]
  }

  private func settings(
    for host: PostgresAddress.Host?, _ sessionAttribute: String?
  ) -> [String: String] {
    var settings = [
      "client_encoding": "UTF8",
      "fallback_application_name": options.applicationName,
      "keepalives_idle": String(max(1, Int(options.session.keepaliveIdle.inSeconds))),
      "keepalives_interval": "5",
      "keepalives_count": "3",
      "tcp_user_timeout": String(options.session.tcpUserTimeout.inMilliseconds),
    ]
    if options.session.settingsVia == .startup, !timeouts.isEmpty {
      settings["options"] = timeouts.map { "-c \($0.name)=\($0.value)" }.joined(separator: " ")
    }
    settings.merge(address.parameters) { _, given in given }
    settings["host"] = host?.name
    settings["port"] = host.map { String($0.port) }
    settings["dbname"] = address.database
    settings["user"] = address.user
    settings["password"] = (options.currentPassword?() ?? address.password)?.reveal()
    settings[PostgresAddress.keyPasswordName] = address.keyPassword?.reveal()
    settings[Self.targetKey] = sessionAttribute
    return settings
  }

  private var timeouts: [(name: String, value: Int64)] {
    [
      ("statement_timeout", options.session.statementTimeout),
      ("idle_in_transaction_session_timeout", options.session.idleInTransactionTimeout),
    ].compactMap { name, duration in duration.map { (name, $0.inMilliseconds) } }
  }

  /// Tells a pooler from a server, and sets the session's timeouts.
  ///
  /// A pooler makes up the process number that it gives at the start, for it has no process of its
  /// own for each client: it differs from what the server says.
  private func prepare(
    _ connection: PostgresConnection, deadline: Deadline
  ) throws(DatabaseError) {
    let rows = try connection.query(Self.processNumber, [], deadline: deadline, isPrepared: false)
    let number: Int64? = try rows.first?.get(0)
    connection.isBehindPooler = number != connection.announcedProcess
    guard options.session.settingsVia == .statements, !connection.isBehindPooler,
      !timeouts.isEmpty
    else { return }
    let script = timeouts.map { "SET \($0.name) = \($0.value)" }.joined(separator: "; ")
    try connection.run(script: script, named: "settings", deadline: deadline)
  }

  static let processNumber = Statement.once("process_number", "SELECT pg_backend_pid()")

  private func open(
    _ settings: [String: String], _ deadline: Deadline
  ) throws(DatabaseError) -> OpaquePointer {
    let keys = settings.keys.sorted()
    let values = keys.map { settings[$0] ?? "" }
    let started = unsafe CStrings.with(keys) { keys in
      unsafe CStrings.with(values) { values in unsafe PQconnectStartParams(keys, values, 0) }
    }
    guard let handle = unsafe started else {
      throw DatabaseError(.unavailable(sent: false), "out of memory")
    }
    // Verbose messages carry the SQLSTATE, which libpq gives in no other way while connecting.
    unsafe PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
    unsafe PQsetNoticeReceiver(handle, ignoreNotice, nil)
    do throws(DatabaseError) {
      try unsafe poll(handle, deadline)
    } catch {
      unsafe PQfinish(handle)
      throw error
    }
    unsafe PQsetnonblocking(handle, 1)
    return unsafe handle
  }

  private func poll(_ handle: OpaquePointer, _ deadline: Deadline) throws(DatabaseError) {
    var step = PGRES_POLLING_WRITING
    if unsafe PQstatus(handle) == CONNECTION_BAD { step = PGRES_POLLING_FAILED }
    while true {
      switch step {
      case PGRES_POLLING_OK: return
      case PGRES_POLLING_FAILED: throw unsafe PostgresErrors.connecting(handle)
      default:
        let events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT
        // libpq may have changed to the socket of another address.
        guard unsafe SocketWait.wait(PQsocket(handle), Int16(events), until: deadline) else {
          throw DatabaseError(.unavailable(sent: false), "no answer in time")
        }
        step = unsafe PQconnectPoll(handle)
      }
    }
  }
}

/// Notices go nowhere: libpq would print them on standard error.
private func ignoreNotice(_ context: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {}

/// Waits for a socket.
enum SocketWait {
  /// Whether one of `events`, or an error, came before the deadline.
  ///
  /// https://man7.org/linux/man-pages/man2/poll.2.html
  static func wait(_ socket: Int32, _ events: Int16, until deadline: Deadline) -> Bool {
    var entry = pollfd(fd: socket, events: events, revents: 0)
    while true {
      let count = unsafe poll(&entry, 1, deadline.remainingMilliseconds)
      if count > 0 { return true }
      if count < 0 && errno != EINTR && errno != EAGAIN { return true }
      if deadline.hasPassed { return false }
    }
  }

  /// Whether the socket has something to read, or an error, right now.
  static func isReadable(_ socket: Int32) -> Bool {
    var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, 0) != 0
  }
}

/// Arrays of C strings, ended by a null pointer.
enum CStrings {
  static func with<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
  ) -> Result {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    let pointers = unsafe copies.map { unsafe UnsafePointer($0) } + [nil]
    return unsafe pointers.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { preconditionFailure("never empty") }
      return unsafe body(start)
    }
  }
}
