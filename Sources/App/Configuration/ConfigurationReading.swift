import Core
import HTTPServer
import Handover
import Logging
import POSIX
import SQL

extension Configuration {
  /// Reads the environment; everything that is wrong comes out at once.
  static func read(
    _ variables: [String: String], process: Int32 = ProcessInfo.identifier,
    readFile: @escaping (String) throws -> String = { try File.readText($0) }
  ) throws(ConfigurationProblems) -> ConfigurationReport {
    var reader = EnvironmentReader(variables, readFile: readFile)
    for (old, name) in [
      ("SQLALCHEMY_DATABASE_URI", "DATABASE_URL"), ("POSTGRESQL_HOST", "POSTGRES_HOSTNAME"),
      ("GUNICORN_HOST", "HTTP_HOST"), ("GUNICORN_PORT", "HTTP_PORT"),
      ("GUNICORN_TIMEOUT", "REQUEST_TIMEOUT"), ("GUNICORN_WORKERS", "WORKERS"),
    ] { reader.accept(old, for: name) }
    var configuration = Configuration()
    configuration.readProcess(&reader)
    configuration.readSockets(&reader, variables, process)
    configuration.readDatabase(&reader)
    configuration.readServer(&reader)
    configuration.readBirthdays(&reader)
    configuration.readAudit(&reader)
    configuration.readAuth(&reader)
    configuration.readFilters(&reader)
    configuration.messageRetention = reader.duration(
      "MESSAGE_RETENTION", in: .seconds(3600)...Duration.seconds(3650 * 86_400),
      default: configuration.messageRetention)
    configuration.readPageViews(&reader)
    configuration.readImport(&reader)
    guard reader.problems.isEmpty else {
      throw ConfigurationProblems(problems: reader.problems)
    }
    return ConfigurationReport(
      configuration: configuration, settings: reader.settings, warnings: reader.warnings)
  }

  private mutating func readProcess(_ reader: inout EnvironmentReader) {
    settings = reader.value(
      "APP_SETTINGS", default: nil,
      allowed: Settings.allCases.map(\.rawValue).joined(separator: ", "), shown: \.rawValue,
      parse: { Settings(rawValue: $0) })
    let isAttended = settings == .development || settings == .testing
    logLevel = reader.choice("LOG_LEVEL", default: settings == .development ? .debug : .info)
    logFormat = reader.choice("LOG_FORMAT", default: isAttended ? .text : .json)
    revision =
      reader.value(
        "REVISION", default: revision,
        allowed: "1 to 64 letters, digits, dots, hyphens and underscores", shown: { $0 },
        parse: { RequestIdentity.isIdentifier($0, lengthMax: 64) ? $0 : nil }) ?? revision
    healthBody = reader.choice("HEALTH_BODY", default: healthBody)
    hasDocs = reader.boolean("DOCS", default: settings != .production)
    docsAssets = reader.value(
      "DOCS_ASSETS", default: nil as String?, allowed: "a folder with the files of Swagger UI",
      shown: { $0 }, parse: { File.isDirectory($0) ? $0 : nil })
  }

  private mutating func readSockets(
    _ reader: inout EnvironmentReader, _ variables: [String: String], _ process: Int32
  ) {
    http = Endpoint(
      host: reader.address("HTTP_HOST", default: http.host),
      port: reader.integer("HTTP_PORT", in: 0...65_535, default: http.port))
    let host = reader.address("ADMIN_HOST", default: http.host)
    admin = reader.optionalInteger("ADMIN_PORT", in: 0...65_535).map {
      Endpoint(host: host, port: $0)
    }
    adminSocket = reader.socketPath("ADMIN_SOCKET")
    controlSocket = reader.socketPath("CONTROL_SOCKET")
    handoverFrom = reader.socketPath("HANDOVER_FROM")
    readManager(&reader, variables, process)
    if let admin, admin.port != 0, admin.port == http.port {
      reader.report(
        .init(name: "ADMIN_PORT", value: "\(admin.port)", allowed: "another port than HTTP_PORT"))
    }
    if inheritedSocket != nil, let handoverFrom {
      reader.report(
        .init(
          name: "HANDOVER_FROM", value: handoverFrom,
          allowed: "nothing while LISTEN_FDS passes a socket"))
    }
  }

  /// What systemd, or whoever speaks as it does, says to a process that it starts.
  private mutating func readManager(
    _ reader: inout EnvironmentReader, _ variables: [String: String], _ process: Int32
  ) {
    let name = "http"
    do throws(InheritedSockets.Malformed) {
      let count = try InheritedSockets.count(in: variables, for: process)
      if count > 0 {
        inheritedSocket = try InheritedSockets.index(of: name, among: count, in: variables)
      }
    } catch {
      let isName = error.name == "LISTEN_FDNAMES"
      let allowed =
        isName
        ? "a name for each passed socket, with colons, of which one is '\(name)'"
        : "a whole number from 0 to \(InheritedSockets.countMax), as systemd passes it"
      reader.report(.init(name: error.name, value: error.value, allowed: allowed))
    }
    do throws(ServiceManager.Malformed) {
      serviceManager = try ServiceManager(in: variables)
    } catch {
      reader.report(
        .init(
          name: ServiceManager.variable, value: error.value, allowed: ServiceManager.allowed))
    }
  }

  private mutating func readServer(_ reader: inout EnvironmentReader) {
    let seconds = Duration.milliseconds(100)...Duration.seconds(3600)
    server.eventThreads = reader.integer(
      "EVENT_THREADS", in: 1...256, default: server.eventThreads)
    // A worker more than there are connections would mostly wait for one of them, and each such
    // wait costs two switches of threads.
    server.workers = reader.integer(
      "WORKERS", in: 1...1024, default: databaseOptions.pool.connectionsMax)
    server.workerQueueMax = reader.integer(
      "WORKER_QUEUE_MAX", in: 1...1_000_000, default: server.workerQueueMax)
    server.connectionsMax = reader.integer(
      "CONNECTIONS_MAX", in: 16...1_000_000, default: server.connectionsMax)
    server.bodyBytesMax = reader.integer(
      "BODY_BYTES_MAX", in: 1024...1_073_741_824, default: server.bodyBytesMax)
    server.inactivityTimeout = reader.duration(
      "INACTIVITY_TIMEOUT", in: .seconds(1)...Duration.seconds(3600),
      default: server.inactivityTimeout)
    server.requestTimeout = reader.requestTimeout(in: seconds, default: server.requestTimeout)
    server.responseTimeout = reader.duration(
      "RESPONSE_TIMEOUT", in: seconds, default: server.responseTimeout)
    server.drainDelay = reader.duration(
      "DRAIN_DELAY", in: .zero...Duration.seconds(600), default: server.drainDelay)
    server.drainTimeout = reader.duration(
      "DRAIN_TIMEOUT", in: .zero...Duration.seconds(3600), default: server.drainTimeout)
  }

  private mutating func readAudit(_ reader: inout EnvironmentReader) {
    audit.retention = reader.duration(
      "AUDIT_RETENTION", in: .seconds(60)...Duration.seconds(3650 * 86_400),
      default: audit.retention)
    audit.rowsMax = reader.integer(
      "AUDIT_ROWS_MAX", in: 1...1_000_000_000_000, default: audit.rowsMax)
    audit.queueMax = reader.integer("AUDIT_QUEUE_MAX", in: 1...1_000_000, default: audit.queueMax)
    audit.flushTimeout = reader.duration(
      "AUDIT_FLUSH_TIMEOUT", in: .zero...Duration.seconds(600), default: audit.flushTimeout)
  }

  private mutating func readBirthdays(_ reader: inout EnvironmentReader) {
    let zone = reader.value(
      "BIRTHDAY_TIME_ZONE", default: "UTC",
      allowed: "the IANA name of a zone that this system knows, such as Europe/Berlin",
      shown: { $0 }, parse: { $0 == "UTC" || POSIX.Calendar.isKnownZone($0) ? $0 : nil })
    birthdayTimeZone = zone == "UTC" ? nil : zone
    birthdayLeapPolicy = reader.choice("BIRTHDAY_LEAP_POLICY", default: birthdayLeapPolicy)
  }
}

extension EnvironmentReader {
  /// An IPv4 or IPv6 address in numbers: what is served must not depend on a resolver.
  fileprivate mutating func address(_ name: String, default fallback: String) -> String {
    value(
      name, default: fallback, allowed: "an IPv4 or IPv6 address in numbers", shown: { $0 },
      parse: { text in
        let digits = text.utf8.allSatisfy {
          Character(Unicode.Scalar($0)).isHexDigit || $0 == UInt8(ascii: ".")
            || $0 == UInt8(ascii: ":")
        }
        let isV4 =
          text.split(separator: ".", omittingEmptySubsequences: false).count == 4
          && text.split(separator: ".").allSatisfy { UInt8($0) != nil }
        return digits && (isV4 || text.contains(":")) ? text : nil
      }) ?? fallback
  }

  /// `REQUEST_TIMEOUT`; a number without a unit counts seconds, as `GUNICORN_TIMEOUT` had it.
  fileprivate mutating func requestTimeout(
    in range: ClosedRange<Duration>, default fallback: Duration
  ) -> Duration {
    let bounds = [range.lowerBound, range.upperBound].map(DurationText.format)
    return value(
      "REQUEST_TIMEOUT", default: fallback,
      allowed: "\(bounds[0]) to \(bounds[1]), \(DurationText.allowed), or a number of seconds",
      shown: DurationText.format,
      parse: { text in
        let isBare = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return DurationText.parse(isBare ? text + "s" : text).flatMap {
          range.contains($0) ? $0 : nil
        }
      }) ?? fallback
  }

  /// The path of a unix socket.
  fileprivate mutating func socketPath(_ name: String) -> String? {
    value(
      name, default: nil as String?,
      allowed: "a path of less than \(UnixSocket.pathBytesMax) bytes", shown: { $0 },
      parse: { $0.utf8.count < UnixSocket.pathBytesMax ? $0 : nil })
  }
}
