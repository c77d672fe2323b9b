import Core
import HTTPClient
import HTTPServer
import Handover
import JSON
import Logging
import POSIX
import SQL
import TestSupport
import Testing

@testable import App

@Suite struct ConfigurationTests {
  private static func read(_ variables: [String: String]) throws -> Configuration {
    try Configuration.read(variables).configuration
  }

  private static func problems(_ variables: [String: String]) -> [EnvironmentReader.Problem] {
    do {
      _ = try Configuration.read(variables)
      return []
    } catch {
      return error.problems
    }
  }

  @Test func nothingSetServesFromAFileOnPort8080() throws {
    let configuration = try Self.read([:])
    #expect(configuration.database == .sqlite(path: "slipway.sqlite"))
    #expect(configuration.http == .init(host: "0.0.0.0", port: 8080))
    #expect(configuration.admin == nil)
    #expect(configuration.logFormat == .json)
    #expect(configuration.logLevel == .info)
    #expect(configuration.birthdayTimeZone == nil)
  }

  @Test(arguments: [
    ("HTTP_PORT", "99999"), ("HTTP_PORT", "x"), ("HTTP_HOST", "localhost"),
    ("HTTP_HOST", "1.2.3"), ("HTTP_HOST", "1.2.3.400"), ("LOG_FORMAT", "xml"),
    ("LOG_LEVEL", "loud"), ("APP_SETTINGS", "prod"), ("BIRTHDAY_TIME_ZONE", "Mars/Olympus"),
    ("BIRTHDAY_TIME_ZONE", "../etc/passwd"), ("BIRTHDAY_LEAP_POLICY", "never"),
    ("HEALTH_BODY", "ok"), ("REQUEST_TIMEOUT", "0s"), ("REQUEST_TIMEOUT", "soon"),
    ("DRAIN_DELAY", "-1s"), ("WORKERS", "0"), ("POOL_SIZE", "1000"),
    ("PREPARED_STATEMENTS", "maybe"), ("CHECK_MIGRATION", "perhaps"), ("REVISION", "a b"),
    ("LISTEN_FDS", "many"), ("NOTIFY_SOCKET", "vsock:2:1"), ("ADMIN_PORT", "8080"),
    ("SQLITE_SYNCHRONOUS", "off"),
    ("PAGEVIEWS_BASE_URL", "ftp://example.com"), ("PAGEVIEWS_TIMEOUT", "0s"),
    ("PAGEVIEWS_USER_AGENT", "a\u{7}b"), ("PAGEVIEWS_WORKERS", "0"),
  ])
  func aWrongValueIsNamedWithWhatIsAllowed(_ name: String, _ value: String) throws {
    let problem = try #require(Self.problems([name: value]).first)
    #expect(problem.name == name)
    #expect(problem.value == value)
    #expect(!problem.allowed.isEmpty)
  }

  @Test func everythingWrongComesOutAtOnce() {
    let names = Self.problems(["HTTP_PORT": "x", "LOG_FORMAT": "xml", "WORKERS": "-1"]).map(\.name)
    #expect(Set(names) == ["HTTP_PORT", "LOG_FORMAT", "WORKERS"])
  }

  @Test func aWrongDatabaseURLIsNotShown() throws {
    let problem = try #require(Self.problems(["DATABASE_URL": "mysql://u:geheim@h/x"]).first)
    #expect(problem.name == "DATABASE_URL")
    #expect(!problem.description.contains("geheim"))
  }

  @Test func passwordsAreNotPrinted() throws {
    let report = try Configuration.read(["DATABASE_URL": "postgres://u:geheim@h/x"])
    #expect(!report.text.contains("geheim") && !report.json.contains("geheim"))
    #expect(report.text.contains("postgres://u:[redacted]@h"))
    let parts = try Configuration.read([
      "POSTGRES_HOSTNAME": "h", "POSTGRES_USER": "u", "POSTGRES_PASSWORD": "geheim",
    ])
    #expect(!parts.text.contains("geheim"))
  }

  @Test func postgresCanBeGivenInParts() throws {
    let configuration = try Self.read([
      "POSTGRES_HOSTNAME": "db", "POSTGRES_PORT": "5433", "POSTGRES_DB": "n",
      "POSTGRES_USER": "u", "POSTGRES_PASSWORD": "p",
    ])
    #expect(
      configuration.database
        == .postgres(
          PostgresAddress(
            hosts: [.init("db", port: 5433)], database: "n", user: "u", password: Secret("p"))))
  }

  @Test(arguments: [
    ["DATABASE_URL": "sqlite:///x", "POSTGRES_HOSTNAME": "db"], ["POSTGRES_DB": "n"],
  ])
  func aContradictionNamesTheHost(_ variables: [String: String]) {
    #expect(Self.problems(variables).map(\.name) == ["POSTGRES_HOSTNAME"])
  }

  @Test func aFileCanHoldAValue() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("url")
    try File.write(Array("sqlite:////data/x.sqlite\n".utf8), to: path)
    let report = try Configuration.read(["DATABASE_URL_FILE": path])
    #expect(report.configuration.database == .sqlite(path: "/data/x.sqlite"))
    #expect(report.settings.first { $0.name == "DATABASE_URL" }?.source == path)
  }

  @Test(arguments: [
    ("SQLALCHEMY_DATABASE_URI", "postgresql+psycopg2://u@h/x", "DATABASE_URL"),
    ("POSTGRESQL_HOST", "db", "POSTGRES_HOSTNAME"), ("GUNICORN_HOST", "127.0.0.1", "HTTP_HOST"),
    ("GUNICORN_PORT", "9000", "HTTP_PORT"), ("GUNICORN_TIMEOUT", "20", "REQUEST_TIMEOUT"),
    ("GUNICORN_WORKERS", "4", "WORKERS"),
  ])
  func anOldNameWorksWithAWarning(_ old: String, _ value: String, _ name: String) throws {
    let report = try Configuration.read([old: value])
    let warning = try #require(report.warnings.first)
    #expect(warning.contains(old) && warning.contains(name))
    #expect(report.settings.first { $0.name == name }?.source == "environment")
  }

  @Test(arguments: [("20", 20), ("20s", 20), ("1m", 60)])
  func aRequestTimeoutWithoutUnitCountsSeconds(_ text: String, _ seconds: Int) throws {
    #expect(
      try Self.read(["REQUEST_TIMEOUT": text]).server.requestTimeout == .seconds(seconds))
  }

  @Test(arguments: [
    ("development", LogFormat.text, LogLevel.debug), ("testing", .text, .info),
    ("staging", .json, .info), ("production", .json, .info),
  ])
  func theSettingsDecideDefaults(
    _ settings: String, _ format: LogFormat, _ level: LogLevel
  ) throws {
    let configuration = try Self.read(["APP_SETTINGS": settings, "AUTH": "off"])
    #expect(configuration.logFormat == format)
    #expect(configuration.logLevel == level)
  }

  @Test func socketsMeantForAnotherProcessAreLeftAlone() throws {
    let variables = ["LISTEN_FDS": "1", "LISTEN_PID": "7"]
    #expect(try Configuration.read(variables, process: 8).configuration.inheritedSocket == nil)
    #expect(try Configuration.read(variables, process: 7).configuration.inheritedSocket == 0)
  }

  @Test func ofSeveralSocketsTheOneThatIsCalledHTTPIsTaken() throws {
    let variables = ["LISTEN_FDS": "3", "LISTEN_FDNAMES": "debug:http:metrics"]
    #expect(try Self.read(variables).inheritedSocket == 1)
    let problems = #expect(throws: ConfigurationProblems.self) {
      try Self.read(["LISTEN_FDS": "2"])
    }
    #expect(problems?.problems.map(\.name) == ["LISTEN_FDNAMES"])
  }

  @Test func theServiceManagerIsTheOneThatTheEnvironmentNames() throws {
    #expect(try Self.read([:]).serviceManager == nil)
    let read = try Self.read(["NOTIFY_SOCKET": "/run/systemd/notify"])
    #expect(read.serviceManager?.address == "/run/systemd/notify")
  }

  @Test(arguments: [
    ([:], true), (["APP_SETTINGS": "staging"], true), (["APP_SETTINGS": "development"], true),
    (["APP_SETTINGS": "production", "AUTH": "all"], false), (["DOCS": "false"], false),
    (["APP_SETTINGS": "production", "AUTH": "all", "DOCS": "true"], true),
  ])
  func thePageOfDocumentsIsThereUnlessProductionIsNamed(
    _ variables: [String: String], _ hasDocs: Bool
  ) throws {
    #expect(try Configuration.read(variables).configuration.hasDocs == hasDocs)
  }

  @Test func theTemplateListsEveryVariableWithItsDefault() throws {
    let text = try File.readText(".env.template")
    let listed = text.split(separator: "\n").compactMap { line -> String? in
      guard line.hasPrefix("#"), !line.hasPrefix("# ") else { return nil }
      return String(line.dropFirst())
    }
    // How many processors there are differs from machine to machine.
    let expected = try Configuration.read([:]).settings.map { setting in
      setting.name == "EVENT_THREADS" ? "EVENT_THREADS=" : "\(setting.name)=\(setting.value)"
    }
    #expect(listed == expected)
  }
}

@Suite struct AppCommandTests {
  @Test(arguments: [
    ([], AppCommand.serve), (["serve"], .serve), (["config"], .config(isJSON: false)),
    (["config", "--json"], .config(isJSON: true)), (["version"], .version), (["help"], .help),
    (["serve", "--help"], .help), (["-h"], .help),
  ])
  func commandsAreRead(_ arguments: [String], _ expected: AppCommand) throws {
    #expect(try AppCommand(arguments) == expected)
  }

  @Test(arguments: [
    (["srve"], "did you mean 'serve'"), (["export"], "unknown command 'export'"),
    (["serve", "--port"], "--port"), (["config", "--yaml"], "--yaml"),
  ])
  func anythingElseIsAUsageError(_ arguments: [String], _ part: String) {
    #expect { try AppCommand(arguments) } throws: { "\($0)".contains(part) }
  }
}
