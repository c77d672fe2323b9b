import Synchronization

/// How far an import is, and whether it is still wanted; read and set by any thread.
final class ImportProgress: Sendable {
  enum Stage: Int, Sendable {
    case reading
    /// The file is read; its rows go into the table.
    case storing
  }

  private let bytes = Atomic<Int>(0)
  private let rows = Atomic<Int>(0)
  private let stageNumber = Atomic<Int>(Stage.reading.rawValue)
  private let isUnwanted = Atomic<Bool>(false)
  private let isLost = Atomic<Bool>(false)

  var bytesRead: Int { bytes.load(ordering: .relaxed) }
  var rowsRead: Int { rows.load(ordering: .relaxed) }
  var stage: Stage { Stage(rawValue: stageNumber.load(ordering: .relaxed)) ?? .reading }

  func set(bytesRead: Int, rowsRead: Int) {
    bytes.store(bytesRead, ordering: .relaxed)
    rows.store(rowsRead, ordering: .relaxed)
  }

  func enter(_ stage: Stage) { stageNumber.store(stage.rawValue, ordering: .relaxed) }

  // MARK: Stopping

  /// Asks the import to end without a trace.
  func stop() { isUnwanted.store(true, ordering: .relaxed) }

  func checkWanted() throws(ImportStopped) {
    if isUnwanted.load(ordering: .relaxed) { throw ImportStopped() }
  }

  /// Says that nobody takes rows any more: whoever reads may end, and the reason is known.
  func lose() { isLost.store(true, ordering: .relaxed) }

  /// Whether it is of any use to read on.
  func checkReading() throws(ImportStopped) {
    if isLost.load(ordering: .relaxed) { throw ImportStopped() }
    try checkWanted()
  }
}

/// The import was stopped from outside.
struct ImportStopped: Error {}
