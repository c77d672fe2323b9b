import Core
import Handover
import Logging
import POSIX
import SQL
import Synchronization

/// `app serve`: runs the service until a signal ends it.
enum ServeCommand {
  /// How often a service that drains is looked at.
  private static let tick: Duration = .milliseconds(10)

  static func run(_ report: ConfigurationReport) throws -> Int32 {
    // Before the first thread: these are properties of the whole process.
    let signals = try SignalReader([.terminate, .interrupt])
    SignalReader.ignoreBrokenPipes()
    ProcessInfo.raiseOpenFilesLimit()
    let configuration = report.configuration
    if let zone = configuration.birthdayTimeZone { POSIX.Calendar.setZone(zone) }
    let logger = Logger(
      level: configuration.logLevel, format: configuration.logFormat,
      sink: try BufferedSink(.output))
    for warning in report.warnings { logger.warning(warning) }
    defer { logger.flush() }
    let service = try Service(configuration, logger: logger)
    try service.start()
    logger.info(
      "started", ("version", .string(Version.current)),
      ("revision", .string(configuration.revision)), ("port", .integer(service.socket.port)),
      ("database", .string(configuration.database.redacted)))
    if configuration.waitsForMigration, try !waitForMigration(service, signals) {
      service.drain()
      return 0
    }
    if configuration.controlSocket == nil { try service.accept() }
    try tellReady(configuration, port: service.socket.port)
    while try signals.next(.distant) == nil {}
    tellStopping(configuration, logger)
    try leave(service, signals)
    return 0
  }

  /// Whether the schema became usable; false where a signal came first.
  private static func waitForMigration(
    _ service: Service, _ signals: borrowing SignalReader
  ) throws -> Bool {
    let wait = Configuration.migrationWaitMax
    let deadline = Deadline.after(wait)
    while !deadline.hasPassed {
      if service.watch.isUsable { return true }
      if try signals.next(.after(.milliseconds(20))) != nil { return false }
    }
    let problem = service.state.problem ?? "nothing is known"
    service.drain()
    throw StartFailure("no usable schema within \(DurationText.format(wait)): \(problem)")
  }

  /// Tells who started the process that it serves, or waits on its control socket to be let in.
  ///
  /// Who waits for that word would end the process without it, so it is no start.
  private static func tellReady(_ configuration: Configuration, port: Int) throws(StartFailure) {
    let doing = configuration.controlSocket == nil ? "serves" : "may be asked to serve"
    do {
      try configuration.serviceManager?.tell(
        .ready, status: "\(configuration.revision) \(doing) port \(port)")
    } catch {
      throw StartFailure("\(ServiceManager.variable): \(error)")
    }
  }

  private static func tellStopping(_ configuration: Configuration, _ logger: Logger) {
    do {
      try configuration.serviceManager?.tell(
        .stopping, status: "\(configuration.revision) leaves without losing a request")
    } catch {
      logger.warning("the service manager was not told", ("cause", .string("\(error)")))
    }
  }

  /// Drains; a second signal ends that.
  private static func leave(_ service: Service, _ signals: borrowing SignalReader) throws {
    let isDone = Flag()
    let drain = try WorkThread.start("drain") {
      service.drain()
      isDone.raise()
    }
    while !isDone.isRaised {
      if try signals.next(.after(tick)) != nil { service.stop() }
    }
    drain.join()
  }
}

/// Something that happens once.
final class Flag: Sendable {
  private let value = Atomic<Bool>(false)

  var isRaised: Bool { value.load(ordering: .acquiring) }
  func raise() { value.store(true, ordering: .releasing) }
}
