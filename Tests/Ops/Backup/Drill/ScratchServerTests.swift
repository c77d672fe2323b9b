import Core
import POSIX
import SQL
import Subprocess
import TestSupport
import Testing

@testable import Ops

struct ScratchServerTests {
  private let parent = TemporaryDirectory()

  private func withServer<Result>(
    _ interruption: Interruption = Interruption(),
    _ body: (ScratchServer) throws -> Result
  ) throws -> Result {
    // The server's user goes through it.
    _ = try ShellService.run(["chmod", "711", parent.path])
    return try ScratchServer.with(
      programs: PostgresServer.programs, in: parent.path, interruption, body)
  }

  private func text(_ query: String, _ server: ScratchServer) throws -> String {
    let database = PostgresDatabase(
      address: server.address("postgres"), options: DatabaseOptions())
    defer { database.close() }
    let rows = try database.query(.once("look", query), deadline: .after(.seconds(60)))
    return try rows[0].get(0)
  }

  @Test func aServerAnswersAndIsGoneAfterwards() throws {
    let (name, major, addresses) = try withServer { server in
      (
        try text("SELECT current_user::text", server),
        try text("SELECT current_setting('server_version_num')", server),
        try text("SELECT current_setting('listen_addresses')", server)
      )
    }
    #expect(name == "slipway" && major.hasPrefix(PostgresServer.major) && addresses == "")
    #expect(try File.list(parent.path) == [])
  }

  @Test func oneTransactionMayTakeTheLocksOfManyTables() throws {
    let locked = try withServer { server in
      try text(
        "SELECT count(pg_advisory_xact_lock(n))::text FROM generate_series(1, 50000) n", server)
    }
    #expect(locked == "50000")
  }

  @Test func theServerIsNotRoot() throws {
    try withServer { server in
      let pid = try File.readText("\(server.socketDirectory)/data/postmaster.pid")
      let number = pid.split(separator: "\n")[0]
      let status = try File.readText("/proc/\(number)/status")
      let user = status.split(separator: "\n").first { $0.hasPrefix("Uid:") }
      #expect(user?.split(separator: "\t")[1] != "0")
    }
  }

  @Test func anErrorInItsUseLeavesNothing() throws {
    struct Broken: Error {}
    #expect(throws: Broken.self) { try withServer { _ in throw Broken() } }
    #expect(try File.list(parent.path) == [])
  }

  @Test func anInterruptedDrillLeavesNothing() throws {
    let interruption = Interruption()
    interruption.raise("SIGTERM")
    #expect(throws: Interrupted(reason: "SIGTERM")) { try withServer(interruption) { _ in } }
    #expect(try File.list(parent.path) == [])
  }

  @Test func aServerThatCannotBeMadeSaysWhyAndLeavesNothing() throws {
    let error = #expect(throws: (any Error).self) {
      try ScratchServer.with(programs: "/bin", in: parent.path, Interruption()) { _ in }
    }
    #expect(error.map { "\($0)".contains("initdb") } == true)
    #expect(try File.list(parent.path) == [])
  }

  @Test func whatAKilledDrillLeftIsSweptWithItsServer() throws {
    _ = try ShellService.run(["chmod", "711", parent.path])
    let left = "\(parent.path)/slipway-drill-0011223344556677"
    // As a drill's folder without a drill: the lock is free, the server runs.
    try File.makeDirectory(left, mode: 0o711)
    try File.write([], to: "\(left)/marker")
    let script = """
      mkdir -m 700 "\(left)/server"
      [ "$(id -u)" != 0 ] || chown postgres "\(left)/server"
      cd /
      $AS "$PROGRAMS/initdb" -D "\(left)/server/data" -A trust --no-sync >/dev/null
      $AS "$PROGRAMS/pg_ctl" -D "\(left)/server/data" -w start \
        -o "-k \(left)/server -c listen_addresses=" >/dev/null
      """
    let isRoot = ProcessInfo.userIdentifier == 0
    let made = try Command(
      "sh", ["-ec", script],
      variables: .inherited(changing: [
        "PROGRAMS": PostgresServer.programs, "AS": isRoot ? "runuser -u postgres --" : "",
      ]), output: .discard
    ).run(deadline: .after(.seconds(120)))
    try #require(made.isSuccess, "\(made.errorText)")
    let pid = try File.readText("\(left)/server/data/postmaster.pid")
    let number = try #require(Int32(pid.split(separator: "\n")[0]))
    let server = try ProcessHandle(number)
    try withServer { _ in #expect(!File.exists(left)) }
    let hasEnded = server.waitForEnd(.after(.seconds(60)))
    #expect(hasEnded)
  }

  @Test func theFolderOfADrillThatLivesIsLeftAlone() throws {
    let other = try ScratchFolder(in: parent.path)
    #expect(ScratchFolder.sweep(parent.path) == [])
    #expect(File.exists(other.path))
    try other.remove()
  }
}
