import Core
import Logging
import POSIX

/// Shows how far an import is: a bar where a person reads along, else a log line now and then.
struct ImportDisplay {
  /// The time between two log lines.
  private static let logPause: Duration = .seconds(5)

  private let name: String
  private let bytesTotal: Int?
  private let logger: Logger
  private let isTerminal = StandardStream.error.isTerminal
  private let begun = ContinuousClock.now
  private var loggedAt = ContinuousClock.now

  init(name: String, bytesTotal: Int?, logger: Logger) {
    self.name = name
    self.bytesTotal = bytesTotal
    self.logger = logger
  }

  mutating func show(_ progress: ImportProgress) {
    let now = ContinuousClock.now
    let measure = ImportMeasure(
      stage: progress.stage, bytes: progress.bytesRead, bytesTotal: bytesTotal,
      rows: progress.rowsRead, elapsed: now - begun)
    if isTerminal {
      let width = max(40, StandardStream.error.columns ?? 80) - 1
      StandardStream.error.write("\r\u{1b}[K" + measure.line(name: name, width: width))
    } else if now - loggedAt >= Self.logPause {
      loggedAt = now
      logger.log(.info, "importing", [("file", .string(name))] + measure.fields)
    }
  }

  /// Makes room for what is said at the end.
  func clear() {
    if isTerminal { StandardStream.error.write("\r\u{1b}[K") }
  }
}

/// How far an import is at one moment, and what follows from that.
struct ImportMeasure {
  let stage: ImportProgress.Stage
  let bytes: Int
  /// nil where the end is not known, as with a pipe.
  let bytesTotal: Int?
  let rows: Int
  let elapsed: Duration

  private static let barWidth = 20

  /// The part that is read, 0 to 1; nil where the end is not known.
  var part: Double? {
    guard let bytesTotal, bytesTotal > 0 else { return nil }
    return min(1, Double(bytes) / Double(bytesTotal))
  }

  var rowsPerSecond: Int { Int(Double(rows) / max(elapsed.inSeconds, 0.001)) }

  /// The time that reading still takes at this rate; nil where nothing can be said.
  var remaining: Duration? {
    guard stage == .reading, let part, part > 0 else { return nil }
    return .seconds(Int((elapsed.inSeconds * (1 - part) / part).rounded(.up)))
  }

  /// One line of at most `width` columns; a name that is too long loses its beginning.
  func line(name: String, width: Int) -> String {
    var text = ""
    if let part {
      let filled = Int(part * Double(Self.barWidth))
      let bar =
        String(repeating: "#", count: filled)
        + String(repeating: ".", count: Self.barWidth - filled)
      text += " [\(bar)] \(Int(part * 100)) %"
    }
    text += "  \(ImportText.grouped(rows)) rows  \(ImportText.grouped(rowsPerSecond))/s"
    switch stage {
    case .storing: text += "  storing"
    case .reading:
      if let remaining { text += "  \(DurationText.format(remaining)) left" }
    }
    let room = max(8, width - text.count)
    let short = name.count > room ? "…" + name.suffix(room - 1) : name
    return String((short + text).prefix(width))
  }

  var fields: [LogField] {
    var fields: [LogField] = [
      ("stage", .string("\(stage)")), ("rows", .integer(rows)),
      ("rows_per_second", .integer(rowsPerSecond)),
    ]
    if let part { fields.append(("percent", .integer(Int(part * 100)))) }
    if let remaining { fields.append(("seconds_left", .integer(Int(remaining.inSeconds)))) }
    return fields
  }
}
