import Core
import Migrations

/// Tells people what a migration run does, a line for each thing that they may want to know.
final class MigrationView: Sendable {
  private let output: TextOutput
  /// Why the database was waited for when that was said last.
  private let reason = Guarded("")

  init(_ output: TextOutput) { self.output = output }

  /// Shows `event`, where it is worth a line.
  ///
  /// A database that is away is asked again and again, and mostly says the same.
  func show(_ event: MigrationEvent) {
    if case .waitingForDatabase(let error) = event, !isNew("\(error)") { return }
    for line in Self.lines(event) { output.line(ErrorReport.printable(line)) }
  }

  /// The lines for an event.
  static func lines(_ event: MigrationEvent) -> [String] {
    switch event {
    case .waitingForDatabase(let error): return ["waiting for the database: \(error)"]
    case .waitingForLock(let holders, let waited):
      return ["waiting for another migration since \(seconds(waited))"]
        + holders.map { "  held by \($0)" }
    case .locked: return []
    case .started(let migration, let statement):
      let from = statement > 0 ? ", resumed after statement \(statement)" : ""
      return ["applying \(migration.file)\(from)"]
    case .statement(let migration, let number, let line, let summary):
      return ["  \(migration.file):\(line): statement \(number): \(summary)"]
    case .repairingIndex(let name):
      return ["  index \(name) is left invalid by an interrupted run and is built again"]
    case .retrying(let migration, let attempt, let blockers, let pause):
      return [
        "\(migration.file) did not get its locks, attempt \(attempt); "
          + "again in \(pause.inMilliseconds) ms"
      ] + blockers.map { "  blocked by \($0)" }
    case .finished(let migration, let duration):
      return ["applied \(migration.file) in \(duration.inMilliseconds) ms"]
    }
  }

  private func isNew(_ text: String) -> Bool {
    reason.withLock { last in
      defer { last = text }
      return last != text
    }
  }

  private static func seconds(_ duration: Duration) -> String {
    "\(duration.inMilliseconds / 1000) s"
  }
}
