import Core
import SQL
import Testing

/// Addresses of databases.
@Suite struct DatabaseURLTests {
  private func postgres(_ text: String) throws -> PostgresAddress {
    guard case .postgres(let address) = try DatabaseURL(text) else {
      throw DatabaseError(.configuration, "\(text) is not PostgreSQL's")
    }
    return address
  }

  @Test(arguments: [
    ("sqlite:///data/app.sqlite", "data/app.sqlite"),
    ("sqlite:////var/lib/app.sqlite", "/var/lib/app.sqlite"),
    ("sqlite:///with%20space.sqlite", "with space.sqlite"),
    ("sqlite::memory:", ":memory:"), ("sqlite://", ":memory:"),
    ("sqlite:///:memory:", ":memory:"), ("SQLite:///a", "a"),
  ])
  func threeSlashesAreRelativeAndFourAbsolute(text: String, path: String) throws {
    #expect(try DatabaseURL(text) == .sqlite(path: path))
  }

  @Test func everyPartOfAnAddressIsRead() throws {
    let address = try postgres(
      "postgres://jo%40sea:p%3Ass%2Fw@db.example.com:6432/my%20db"
        + "?sslmode=require&options=-c%20a%3Db"
    )
    #expect(address.user == "jo@sea")
    #expect(address.password == Secret("p:ss/w"))
    #expect(address.hosts == [.init("db.example.com", port: 6432)])
    #expect(address.database == "my db")
    #expect(address.parameters == ["sslmode": "require", "options": "-c a=b"])
  }

  @Test(arguments: [
    ("postgresql://h/d", ["h:5432"]), ("postgresql+psycopg2://h/d", ["h:5432"]),
    ("postgres://u@a,b:1,[::1]:2,[fe80::1]/d", ["a:5432", "b:1", "::1:2", "fe80::1:5432"]),
    ("postgres:///d?host=/run/postgresql&port=6432", ["/run/postgresql:6432"]),
    ("postgres:///d?host=a,b", ["a:5432", "b:5432"]), ("postgres:///d", []),
    ("postgres://%2Frun%2Fpostgresql/d", ["/run/postgresql:5432"]),
  ])
  func hostsMayBeSeveralAddressesOrSockets(text: String, hosts: [String]) throws {
    #expect(try postgres(text).hosts.map { "\($0.name):\($0.port)" } == hosts)
  }

  @Test(arguments: [
    ("mysql://h/d", "unknown scheme"), ("app.sqlite", "there is no scheme"),
    ("sqlite:/a", "three slashes"), ("postgres:h/d", "two slashes"),
    ("postgres://u:hunter2@h:99999/d", "port is a number"),
    ("postgres://u:hunter2@h:/d", "port is a number"),
    ("postgres://u:hunter2%@h/d", "the password has a percent sign"),
    ("postgres://u:hunter2@[::1/d", "IPv6"),
    ("postgres://u:hunter2@h/d?sslmod=off", "did you mean sslmode"),
    ("postgres://u:hunter2@h/d?colour=red", "allowed: application_name"),
    ("postgres://u:hunter2@h/d?sslmode", "has no value"),
    ("postgres://u:hunter2@:5432/d", "a host is empty"),
  ])
  func whatIsWrongIsSaidWithoutThePassword(text: String, part: String) {
    let error = #expect(throws: DatabaseError.self) { try DatabaseURL(text) }
    #expect(error?.kind == .configuration)
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test(arguments: [
    (
      "postgres://u:hunter2@a,b:1/d?sslmode=require&sslpassword=hunter2",
      "postgres://u:[redacted]@a,b:1/d?sslmode=require&sslpassword=[redacted]"
    ),
    ("postgres://u@[::1]/d?password=hunter2", "postgres://u:[redacted]@[::1]/d"),
    ("sqlite:////var/a%20b.sqlite", "sqlite:////var/a%20b.sqlite"),
    ("postgres:///d?host=/run/postgresql", "postgres:///d?host=/run/postgresql&port=5432"),
  ])
  func aPrintedAddressHasNoPassword(text: String, printed: String) throws {
    let url = try DatabaseURL(text)
    #expect(url.redacted == printed)
    #expect("\(url)" == printed)
    var dumped = ""
    dump(url, to: &dumped)
    #expect(!dumped.contains("hunter2"))
  }
}
