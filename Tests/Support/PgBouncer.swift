import Glibc
import POSIX

/// A real pgbouncer in transaction mode in front of a test's server.
public final class PgBouncer: Sendable {
  /// The port on 127.0.0.1.
  public let port: UInt16
  private let directory = TemporaryDirectory()
  private let service: ShellService

  /// Where Debian keeps the program.
  public static let program = "/usr/sbin/pgbouncer"

  /// Starts one that shares `serverConnections` connections to `server` among its clients.
  public init(before server: PostgresServer, serverConnections: Int = 2) throws {
    guard File.isExecutable(Self.program) else {
      throw ShellService.NotReady(
        description: "these tests need pgbouncer: install Debian's package pgbouncer")
    }
    port = try FreePort.find()
    let settings = """
      [databases]
      * = host=127.0.0.1 port=\(server.port) user=\(PostgresServer.user)
      [pgbouncer]
      listen_addr = 127.0.0.1
      listen_port = \(port)
      unix_socket_dir =
      auth_type = any
      pool_mode = transaction
      default_pool_size = \(serverConnections)
      max_client_conn = 100
      server_round_robin = 1
      """
    let bytes = Array(settings.utf8)
    try File.write(bytes, to: directory.file("pgbouncer.ini"), mode: 0o644)
    service = try ShellService(
      script: Self.script,
      variables: [
        "DIRECTORY": directory.path, "PROGRAM": Self.program, "PORT": "\(port)",
        "AS": PostgresServer.prefix.joined(separator: " "),
        "PROGRAMS": PostgresServer.programs,
      ])
  }

  private static let script = """
    chmod 755 "$DIRECTORY"
    $AS "$PROGRAM" -q "$DIRECTORY/pgbouncer.ini" &
    for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      if "$PROGRAMS/pg_isready" -q -h 127.0.0.1 -p "$PORT"; then break; fi
      sleep 0.2
    done
    echo ready
    cat >/dev/null
    kill $!
    wait
    """

  /// The URL of a database by way of the pooler.
  public func url(of database: String) -> String {
    "postgres://\(PostgresServer.user)@127.0.0.1:\(port)/\(database)"
  }
}
