import Core
import POSIX
import SQL
import Subprocess

/// A PostgreSQL server of one drill: private, on a unix socket alone, gone afterwards.
///
/// Nothing that it keeps outlives it, so it waits for no disk. Whoever can enter its folder may log
/// in: that is its own user, and root.
struct ScratchServer: Sendable {
  /// Who owns everything in it.
  static let superuser = "slipway"

  /// The folder of its socket.
  let socketDirectory: String
  /// What it says of its own doings.
  let log: String

  /// How long `initdb` may take, and the start.
  private static let startTimeout: Duration = .seconds(120)
  private static let stopTimeout: Duration = .seconds(30)
  private static let lookInterval: Duration = .milliseconds(50)
  private static let logTailBytes = 4096
  /// Most bytes of the path of a unix socket, which ends with this name.
  ///
  /// https://man7.org/linux/man-pages/man7/unix.7.html
  private static let socketPathBytesMax = 107
  private static let socketName = "/.s.PGSQL.5432"

  /// Runs `body` with a server of the programs in `programs`; `parent` holds its folder meanwhile.
  ///
  /// Sweeps before what killed drills left. Throws a `ScratchServerError` where there is none to be
  /// had, and `Interrupted` where the drill is to stop.
  static func with<Result>(
    programs: String, in parent: String, _ interruption: Interruption,
    _ body: (ScratchServer) throws -> Result
  ) throws -> Result {
    _ = ScratchFolder.sweep(parent)
    let folder = try ScratchFolder(in: parent)
    let result: Swift.Result<Result, any Error>
    do {
      let server = try prepare(folder.server, programs: programs, interruption)
      result = try .success(run(server, programs, folder.server, interruption, body))
    } catch {
      result = .failure(error)
    }
    do {
      try folder.remove()
    } catch {
      // What went wrong before matters more.
      _ = try result.get()
      throw error
    }
    return try result.get()
  }

  /// Where its databases are found.
  func address(_ database: String, user: String = superuser) -> PostgresAddress {
    PostgresAddress(hosts: [.init(socketDirectory)], database: database, user: user)
  }

  /// The cluster's files.
  ///
  /// https://www.postgresql.org/docs/15/app-initdb.html
  private static func prepare(
    _ folder: String, programs: String, _ interruption: Interruption
  ) throws -> ScratchServer {
    guard folder.utf8.count + socketName.utf8.count <= socketPathBytesMax else {
      throw ScratchServerError.pathTooLong(folder)
    }
    try File.makeNewDirectory(folder, mode: 0o700)
    let user = try serverUser()
    if let user { try File.changeOwner(folder, to: user) }
    let initdb = Subprocess.Command(
      "\(programs)/initdb",
      [
        "--pgdata=\(folder)/data", "--username=\(superuser)", "--auth=trust", "--no-locale",
        "--encoding=UTF8", "--no-sync", "--no-instructions",
      ], variables: variables, workingDirectory: "/", endsWithThread: true, user: user)
    let child = try initdb.spawn()
    let ended = try interruption.cancelling(with: { child.send(.terminate) }) {
      try child.finish(.after(startTimeout))
    }
    try interruption.check()
    guard ended.isSuccess else {
      throw ScratchServerError.failed(
        "initdb", ended.deadlinePassed ? "took too long" : ended.lastErrorLine ?? "\(ended.exit)")
    }
    return ScratchServer(socketDirectory: folder, log: Path.parent(of: folder) + "/log")
  }

  /// Runs the server around `body`.
  private static func run<Result>(
    _ server: ScratchServer, _ programs: String, _ folder: String, _ interruption: Interruption,
    _ body: (ScratchServer) throws -> Result
  ) throws -> Result {
    let log = try File.open(server.log, .create, mode: File.ownerOnly)
    let settings = settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0)=\($1)"] }
    let child = try Subprocess.Command(
      "\(programs)/postgres", ["-D", "\(folder)/data", "-k", folder] + settings,
      variables: variables, workingDirectory: "/", output: .descriptor(log.rawValue),
      errorOutput: .descriptor(log.rawValue), endsWithThread: true, user: try serverUser()
    ).spawn()
    defer { stop(child) }
    try server.waitForStart(child, interruption)
    return try body(server)
  }

  private func waitForStart(_ child: ChildProcess, _ interruption: Interruption) throws {
    let deadline = Deadline.after(Self.startTimeout)
    let database = PostgresDatabase(address: address("postgres"), options: DatabaseOptions())
    defer { database.close() }
    while true {
      try interruption.check()
      if (try? database.ping(deadline: .after(.seconds(1)))) != nil { return }
      if let exit = child.wait(.after(Self.lookInterval)) {
        throw ScratchServerError.failed("postgres", lastLine ?? "\(exit)")
      }
      if deadline.hasPassed { throw ScratchServerError.failed("postgres", "took too long") }
    }
  }

  /// The last thing that it said.
  private var lastLine: String? {
    (try? File.readTail(log, bytes: Self.logTailBytes))?.split(separator: "\n").last
      .map(String.init)
  }

  /// Without farewell: nobody needs its files any more.
  private static func stop(_ child: ChildProcess) {
    child.send(.quit)
    if child.wait(.after(stopTimeout)) == nil {
      child.send(.kill)
      _ = child.wait(.after(stopTimeout))
    }
  }

  /// PostgreSQL refuses to run as root; nil where this process is not root.
  private static func serverUser() throws(ScratchServerError) -> SystemUser? {
    guard ProcessInfo.userIdentifier == 0 else { return nil }
    guard let user = SystemUser(named: "postgres") ?? SystemUser(named: "nobody") else {
      throw .noUser
    }
    return user
  }

  /// None of this process's own, which may be secret.
  private static let variables: Subprocess.Command.Variables = .exactly([
    "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC",
  ])

  /// For a restore that nobody has to survive.
  ///
  /// https://www.postgresql.org/docs/15/populate.html
  private static let settings: [String: String] = [
    "listen_addresses": "", "unix_socket_permissions": "0700", "max_connections": "20",
    // One transaction makes every table, and each takes several locks: room for 30,000 tables.
    "max_locks_per_transaction": "4096",
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "1GB",
    "autovacuum": "off", "maintenance_work_mem": "128MB", "jit": "off",
    "dynamic_shared_memory_type": "mmap", "log_min_messages": "warning",
    "log_min_error_statement": "panic",
  ]
}

/// Why there is no scratch server.
enum ScratchServerError: Error, Sendable, Equatable {
  /// This process is root, and there is nobody whom the server could run as.
  case noUser
  /// The path of its folder is too long for that of a socket in it.
  case pathTooLong(String)
  /// A program of PostgreSQL did not do its part.
  case failed(String, String)
}

extension ScratchServerError: ReportableError {
  var exitCode: ExitCode {
    switch self {
    case .noUser, .pathTooLong: .configuration
    case .failed: .failure
    }
  }

  var findings: [Finding] {
    switch self {
    case .noUser:
      [
        Finding(
          message: "PostgreSQL does not run as root, and there is no user postgres or nobody",
          hints: ["run the drill as another user"])
      ]
    case .pathTooLong(let path):
      [
        Finding(
          message: "\(path) is too long for a unix socket",
          hints: ["name a folder with a shorter path with --scratch"])
      ]
    case .failed(let program, let reason):
      [Finding(message: "the scratch server: \(program): \(reason)")]
    }
  }
}
