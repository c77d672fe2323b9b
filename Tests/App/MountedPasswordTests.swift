import Core
import POSIX
import SQL
import TestSupport
import Testing

@testable import App

@Suite struct MountedPasswordTests {
  @Test(arguments: [true, false])
  func aPasswordThatWasChangedInItsFileIsTakenUp(_ isURL: Bool) throws {
    let server = try PostgresServer(passwordRole: "locked")
    let url = try server.makeDatabase()
    try TestDatabase.migrate(url)
    let owner = try DatabaseURL(url).open()
    defer { owner.close() }
    try owner.execute(.once("role", "CREATE ROLE locked LOGIN PASSWORD 'first'"), deadline: .soon)
    try owner.execute(
      .once("grant", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO locked"), deadline: .soon)
    let directory = TemporaryDirectory()
    let file = directory.file("secret")
    let name = url.split(separator: "/").last.map(String.init) ?? ""
    func write(_ password: String) throws {
      let whole = "postgres://locked:\(password)@127.0.0.1:\(server.port)/\(name)"
      try File.write(Array("\(isURL ? whole : password)\n".utf8), to: file)
    }
    try write("first")
    let variables =
      isURL
      ? ["DATABASE_URL_FILE": file]
      : [
        "POSTGRES_HOSTNAME": "127.0.0.1", "POSTGRES_PORT": "\(server.port)", "POSTGRES_DB": name,
        "POSTGRES_USER": "locked", "POSTGRES_PASSWORD_FILE": file,
      ]
    let configuration = try Configuration.read(variables).configuration
    let database = try configuration.database.open(configuration.databaseOptions)
    defer { database.close() }
    try database.ping(deadline: .soon)

    try owner.execute(.once("alter", "ALTER ROLE locked PASSWORD 'second'"), deadline: .soon)
    try owner.execute(
      .once(
        "end",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'locked'",
        access: .write), deadline: .soon)
    #expect(throws: DatabaseError.self) { try database.ping(deadline: .after(.seconds(2))) }
    try write("second")
    #expect(eventually { (try? database.ping(deadline: .soon)) != nil })
  }
}

extension Deadline {
  fileprivate static var soon: Deadline { .after(.seconds(20)) }
}
