import Core
import JSON

/// The rollouts of an environment, the newest first, as their journals tell them.
struct RolloutHistory: Sendable, Equatable {
  struct Row: Sendable, Equatable {
    let number: Int
    let summary: JournalSummary
    /// What served before, nil where that is not known.
    var from: String?
    /// Whether it is carried out right now.
    let isRunning: Bool
  }

  /// Older journals that are read to learn what served before the last row.
  private static let lookBackMax = 20

  private(set) var rows: [Row] = []

  /// The newest `count` of the rollouts with these numbers.
  ///
  /// The summary of one that can not be read is nil. `isHeld` is whether somebody carries the
  /// newest one out.
  init(_ numbers: [Int], count: Int, isHeld: Bool, summary: (Int) throws -> JournalSummary?) {
    var pending: Int?
    for (index, number) in numbers.sorted(by: >).enumerated() {
      guard rows.count < count || (pending != nil && rows.count < count + Self.lookBackMax),
        index < count + Self.lookBackMax
      else { break }
      guard let found = try? summary(number) else { continue }
      if found.outcome == .done, let first = pending {
        for row in first..<rows.count { rows[row].from = found.revision }
        pending = nil
      }
      pending = pending ?? rows.count
      rows.append(
        Row(
          number: number, summary: found, isRunning: isHeld && index == 0 && found.outcome == nil))
    }
    rows = Array(rows.prefix(count))
  }

  /// A table, with the cause of each failure below its row.
  var lines: [String] {
    guard !rows.isEmpty else { return ["no rollout yet"] }
    let cells =
      [["number", "began", "took", "from", "to", "outcome"]]
      + rows.map { row in
        [
          String(row.number), row.summary.began.iso8601, PhaseChart.seconds(row.took),
          row.from ?? "-", row.summary.revision ?? "-", row.words,
        ].map(ErrorReport.printable)
      }
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    let lines = cells.map { cells in
      zip(cells, widths).dropLast().map { $0.padded(to: $1 + 2) }.joined() + (cells.last ?? "")
    }
    let causes = [nil] + rows.map(\.summary.cause)
    return zip(lines, causes).flatMap { line, cause in
      [line] + (cause.map { ["        " + ErrorReport.printable($0)] } ?? [])
    }
  }

  var json: JSONValue { .array(rows.map(\.json)) }
}

extension RolloutHistory.Row {
  fileprivate var took: Duration { summary.lastChange.since(summary.began) }

  fileprivate var words: String {
    let phase = summary.phase?.rawValue ?? "none"
    let outcome =
      summary.outcome?.rawValue ?? (isRunning ? "running, \(phase)" : "interrupted in \(phase)")
    return outcome + (isUndo ? " (undo)" : "")
  }

  private var isUndo: Bool { summary.request["undo"]?.truth ?? false }

  fileprivate var json: JSONValue {
    [
      "number": .integer(Int64(number)), "began": .string(summary.began.iso8601),
      "lastChange": .string(summary.lastChange.iso8601),
      "from": from.map { .string($0) } ?? .null,
      "to": summary.revision.map { .string($0) } ?? .null,
      "undo": .boolean(isUndo), "isRunning": .boolean(isRunning),
      "phase": summary.phase.map { .string($0.rawValue) } ?? .null,
      "outcome": summary.outcome.map { .string($0.rawValue) } ?? .null,
      "cause": summary.cause.map { .string($0) } ?? .null,
    ]
  }
}

extension JournalSummary {
  /// The revision that was brought.
  ///
  /// Nothing else of the request is for everybody: it holds the environment of the release.
  var revision: String? { request["revision"]?.text }
}
