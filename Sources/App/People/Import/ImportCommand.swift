import Core
import Logging
import Migrations
import POSIX
import SQL
import Schema

/// `app import people`: reads a file into the database, and says how far it is.
struct ImportCommand {
  /// How long an import may take; the server ends it then, should this process not be able to.
  static let timeout: Duration = .seconds(3600)
  /// How often progress is drawn on a terminal, and how soon a signal is heeded.
  private static let tick: Duration = .milliseconds(100)

  private let request: ImportRequest

  init(_ request: ImportRequest) { self.request = request }

  /// Imports, and gives the exit code.
  func run(_ report: ConfigurationReport) throws -> Int32 {
    // Before the first thread: these are properties of the whole process.
    let signals = try SignalReader([.terminate, .interrupt])
    SignalReader.ignoreBrokenPipes()
    let configuration = report.configuration
    let logger = Logger(
      level: configuration.logLevel, format: configuration.logFormat,
      sink: try BufferedSink(.error))
    defer { logger.flush() }
    for warning in report.warnings { logger.warning(warning) }
    let database = try open(configuration)
    defer { database.close() }
    if request.onlyIfEmpty, try hasPeople(database) {
      StandardStream.error.write("app: there are people already; nothing was imported\n")
      return AppExit.success
    }
    let file: ImportFile
    do throws(SystemError) {
      file = try ImportFile(request.path)
    } catch {
      StandardStream.error.write("app: \(error)\n")
      return AppExit.noInput
    }
    var display = ImportDisplay(name: request.name, bytesTotal: file.bytes, logger: logger)
    return try watch(start(database, file), signals, &display)
  }

  private func open(_ configuration: Configuration) throws(StartFailure) -> any Database {
    let address = configuration.database.redacted
    let database: any Database
    let migrations: MigrationSet
    do {
      database = try configuration.database.open(configuration.databaseOptions)
      migrations = try ServiceSchema.migrations(for: database.dialect)
    } catch {
      throw StartFailure("database \(address): \(error)")
    }
    if let problem = DatabaseWatch(database, migrations).current().problem {
      database.close()
      throw StartFailure("\(address) cannot be imported into: \(problem)")
    }
    return database
  }

  private func hasPeople(_ database: any Database) throws(DatabaseError) -> Bool {
    let deadline = Deadline.after(DatabaseWatch.questionTimeout)
    return try !database.query(PeopleImportSQL.someone, deadline: deadline).isEmpty
  }

  /// An import on a thread of its own.
  private struct Running: ~Copyable {
    let database: any Database
    let progress = ImportProgress()
    let outcome = Guarded<Result<ImportResult, any Error>?>(nil)

    var result: Result<ImportResult, any Error>? { outcome.withLock { $0 } }
  }

  private func start(_ database: any Database, _ file: ImportFile) throws -> Running {
    let running = Running(database: database)
    let (progress, outcome) = (running.progress, running.outcome)
    let options = request.options
    let source: ImportReader.Source = { try file.read(while: progress) }
    try WorkThread.detach("copy") {
      let result = Result {
        try PeopleImport(database: database)
          .run(source, options, progress, deadline: .after(Self.timeout))
      }
      outcome.withLock { $0 = result }
    }
    return running
  }

  /// Draws progress until the import has ended; a signal ends it.
  private func watch(
    _ running: consuming Running, _ signals: borrowing SignalReader, _ display: inout ImportDisplay
  ) throws -> Int32 {
    var stop: Signal?
    while true {
      if let result = running.result {
        display.clear()
        return end(result, stoppedBy: stop)
      }
      if let signal = try signals.next(.after(Self.tick)) {
        stop = stop ?? signal
        running.progress.stop()
      }
      // Again each time: a statement may have begun after the last time.
      if stop != nil { running.database.interrupt() }
      display.show(running.progress)
    }
  }

  private func end(_ result: Result<ImportResult, any Error>, stoppedBy signal: Signal?) -> Int32 {
    let text = ImportText(request)
    do {
      text.tell(try result.get())
      return AppExit.success
    } catch let problems as ImportProblems {
      text.tell(problems)
      return AppExit.data
    } catch {
      let isStop = error is ImportStopped
      let reason = isStop ? "stopped" : "\(ImportText.words(error))"
      StandardStream.error.write("app: \(request.name): \(reason); nothing was imported\n")
      if isStop, let signal { return AppExit.signal(signal) }
      return error is SystemError ? AppExit.noInput : AppExit.failure
    }
  }
}
