import Core
import HTTPServer
import Handover
import Logging
import POSIX
import SQL

/// Everything that can be set, as typed values.
struct Configuration: Sendable {
  /// What the process is run for; it decides some defaults.
  enum Settings: String, Sendable, CaseIterable {
    case development, testing, staging, production
  }

  /// How `/health` says that all is well.
  enum HealthBody: String, Sendable, CaseIterable {
    case up = "UP"
    case healthy
  }

  /// An address and a port to listen on.
  struct Endpoint: Sendable, Equatable {
    let host: String
    let port: Int
  }

  /// Nil where nobody said it: defaults are those of production, and `AUTH` may be left out.
  var settings: Settings?
  var database = DatabaseURL.sqlite(path: "slipway.sqlite")
  var databaseOptions = DatabaseOptions()
  /// How long a request may spend on the database.
  var databaseTimeout: Duration = .seconds(5)
  /// Whether the start waits for a usable schema and gives up after `Self.migrationWaitMax`.
  var waitsForMigration = false
  var http = Endpoint(host: "0.0.0.0", port: 8080)
  var admin: Endpoint?
  var adminSocket: String?
  var controlSocket: String?
  var handoverFrom: String?
  /// Which socket of those that the parent process passes is listened on.
  var inheritedSocket: Int?
  /// Who started the process and waits to hear that it is ready.
  var serviceManager: ServiceManager?
  var revision = "v\(Version.current)"
  var logLevel = LogLevel.info
  var logFormat = LogFormat.json
  var server = ServerConfiguration()
  var auth = AuthConfiguration()
  /// The zone that says which day it is; nil is UTC.
  var birthdayTimeZone: String?
  var birthdayLeapPolicy = LeapPolicy.february28
  var healthBody = HealthBody.up
  /// Whether the page of the documentation is served.
  var hasDocs = false
  /// The folder with the files of Swagger UI; nil looks where it usually is.
  var docsAssets: String?
  var audit = AuditConfiguration()
  var filters = FilterConfiguration()
  /// How long messages are kept.
  var messageRetention: Duration = .seconds(30 * 86_400)
  var pageViews = ViewConfiguration()
  var peopleImport = ImportConfiguration()

  /// How long `CHECK_MIGRATION=true` waits for a usable schema.
  static let migrationWaitMax: Duration = .seconds(60)
}

/// How the audit history is kept.
struct AuditConfiguration: Sendable {
  /// How long a row is kept.
  var retention: Duration = .seconds(30 * 86_400)
  /// How many rows are kept at most.
  var rowsMax = 1_000_000
  /// How many requests may wait for their row: 3,000 a second while the table is locked for 10 s.
  var queueMax = 32_768
  /// How long the end of the process waits for rows that are not written.
  var flushTimeout: Duration = .seconds(5)
}

/// The configuration with what was said on the way to it.
struct ConfigurationReport: Sendable {
  let configuration: Configuration
  let settings: [EnvironmentReader.Setting]
  let warnings: [String]
}

/// Everything that is wrong with the environment.
struct ConfigurationProblems: Error, Sendable, Equatable {
  let problems: [EnvironmentReader.Problem]
}
