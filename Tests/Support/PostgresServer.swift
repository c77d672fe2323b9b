import Glibc
import POSIX
import Synchronization

/// A real PostgreSQL server for tests, on loopback and a port of its own.
///
/// It trusts whoever comes from this machine and syncs nothing to disk.
public final class PostgresServer: Sendable {
  /// The port on 127.0.0.1.
  public let port: UInt16
  /// The folder of the unix socket.
  public let socketDirectory: String
  private let directory: TemporaryDirectory
  private let options: String
  private let service: ShellService

  /// The server that most tests of a process share; each has a database of its own in it.
  public static func shared() throws -> PostgresServer { try sharedResult.get() }

  private static let sharedResult = Result { try PostgresServer(connectionsMax: 90) }

  /// The user that owns everything in it.
  public static let user = "slipway"

  /// Where the programs are: those of Debian's major unless `POSTGRES_PROGRAMS` names others.
  public static let programs =
    ProcessInfo.environment["POSTGRES_PROGRAMS"] ?? "/usr/lib/postgresql/15/bin"

  /// Their major: the folder that Debian has them in.
  public static let major = programs.split(separator: "/").dropLast().last.map(String.init) ?? ""

  /// Starts a server for a test that stops it or breaks it.
  ///
  /// A role called `passwordRole` must show a password; everybody else is trusted.
  public init(connectionsMax: Int = 20, passwordRole: String = "") throws {
    guard File.isExecutable("\(Self.programs)/initdb") else {
      throw ShellService.NotReady(
        description: "these tests need PostgreSQL in \(Self.programs): Debian has postgresql-15")
    }
    directory = TemporaryDirectory()
    port = try FreePort.find()
    socketDirectory = directory.path
    options =
      "-p \(port) -k \(directory.path) -c listen_addresses=127.0.0.1 "
      + "-c fsync=off -c synchronous_commit=off -c full_page_writes=off "
      + "-c max_connections=\(connectionsMax) -c superuser_reserved_connections=0 "
      + "-c shared_buffers=32MB -c log_min_messages=fatal -c max_wal_size=128MB"
    service = try ShellService(
      script: Self.script,
      variables: [
        "DIRECTORY": directory.path, "PROGRAMS": Self.programs, "OWNER": Self.user,
        "AS": Self.prefix.joined(separator: " "), "OPTIONS": options,
        "PASSWORD_ROLE": passwordRole,
      ])
  }

  /// PostgreSQL refuses to run as root.
  static let prefix = geteuid() == 0 ? ["runuser", "-u", "postgres", "--"] : []

  private static let script = """
    set -e
    cd /
    if [ -n "$AS" ]; then chown postgres "$DIRECTORY"; fi
    chmod 755 "$DIRECTORY"
    $AS "$PROGRAMS/initdb" -D "$DIRECTORY/data" -U "$OWNER" -A trust -E UTF8 --locale=C \\
      --no-sync >"$DIRECTORY/initdb.log" 2>&1 || { cat "$DIRECTORY/initdb.log"; exit 1; }
    if [ -n "$PASSWORD_ROLE" ]; then
      rules="$DIRECTORY/data/pg_hba.conf"
      printf 'host all %s 127.0.0.1/32 scram-sha-256\\n' "$PASSWORD_ROLE" >"$rules.new"
      cat "$rules" >>"$rules.new"
      cat "$rules.new" >"$rules"
    fi
    $AS "$PROGRAMS/pg_ctl" -D "$DIRECTORY/data" -o "$OPTIONS" -l "$DIRECTORY/data/log" -w start \\
      >"$DIRECTORY/start.log" 2>&1 || { cat "$DIRECTORY/start.log" "$DIRECTORY/data/log"; exit 1; }
    echo ready
    cat >/dev/null
    $AS "$PROGRAMS/pg_ctl" -D "$DIRECTORY/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$DIRECTORY"
    """

  private static let databases = Atomic<Int>(0)

  /// Makes an empty database and gives its URL.
  public func makeDatabase(encoding: String = "UTF8") throws -> String {
    let number = Self.databases.wrappingAdd(1, ordering: .relaxed).newValue
    let name = "test_\(getpid())_\(number)"
    try sql("CREATE DATABASE \(name) TEMPLATE template0 ENCODING '\(encoding)'", in: "postgres")
    return url(of: name)
  }

  /// The URL of a database.
  public func url(of database: String) -> String {
    "postgres://\(Self.user)@127.0.0.1:\(port)/\(database)"
  }

  /// Runs SQL with psql, on a connection of its own, and gives the unadorned output.
  @discardableResult
  public func sql(_ text: String, in database: String) throws -> String {
    try ShellService.run([
      "psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", "\(port)",
      "-U", Self.user, "-d", database, "-c", text,
    ])
  }

  /// Stops the server as an administrator would: connections end with a farewell.
  public func stop(mode: String = "fast") throws { try control(["-m", mode, "-w", "stop"]) }

  /// Starts it again, on the same port with the same data.
  public func start() throws {
    try control(["-o", options, "-l", "\(directory.path)/data/log", "-w", "start"])
  }

  private func control(_ arguments: [String]) throws {
    try ShellService.run(
      Self.prefix + ["\(Self.programs)/pg_ctl", "-D", "\(directory.path)/data"] + arguments)
  }
}
