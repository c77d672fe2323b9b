import Core
import JSON
import POSIX

/// The evidence of a rollout for those who were not there: `rollout.json` and `rollout.md`.
struct RolloutReport: Sendable {
  /// The shape of `rollout.json`; a change that breaks readers makes it larger.
  static let formatVersion: Int64 = 1

  let record: RolloutRecord
  let entrance: String

  /// Writes both files into `directory`, which is made where it is missing.
  func write(to directory: String) throws(SystemError) {
    try File.makeDirectory(directory)
    try File.write(json.bytes(pretty: true), to: directory + "/rollout.json")
    try File.write(Array(markdown.utf8), to: directory + "/rollout.md")
  }

  var json: JSONValue {
    [
      "formatVersion": .integer(Self.formatVersion),
      "number": .integer(Int64(record.number)),
      "environment": .string(record.environment),
      "outcome": record.outcome.map { .string($0.rawValue) } ?? .null,
      "cause": record.cause.map { .string($0) } ?? .null,
      "began": .string(record.began.iso8601),
      "ended": record.ended.map { .string($0.iso8601) } ?? .null,
      "entrance": .string(entrance),
      "incoming": name(record.incoming),
      "outgoing": record.outgoing.map(name) ?? .null,
      "checks": .array(
        record.checks.map(\.json)),
      "phases": .array(
        record.phases.map { phase in
          [
            "phase": .string(phase.phase.rawValue), "began": .string(phase.began.iso8601),
            "milliseconds": .integer(phase.duration.inMilliseconds),
            "result": .string(phase.result.rawValue),
            "note": phase.note.map { .string($0) } ?? .null,
          ]
        }),
      "evidence": .array(
        record.evidence.map { item in
          [
            "source": .string(item.source), "state": .string(item.state),
            "lines": .array(item.lines.map { .string($0) }),
          ]
        }),
      "clients": record.probes?.json ?? .null,
      "clientsBegan": record.probesBegan.map { .string($0.iso8601) } ?? .null,
      "probeColumns": .array(GateEvidence.probeColumns.map { .string($0) }),
      "probes": .array(record.samples.map(GateEvidence.row)),
    ]
  }

  var markdown: String {
    var lines = [
      "# Rollout \(record.number) of \(record.environment): \(record.outcome?.rawValue ?? "?")", "",
      "| | |", "|---|---|",
      "| from | \(record.outgoing.map { "`\($0.revision)`" } ?? "nothing") |",
      "| to | `\(record.incoming.revision)` (\(Self.cell(record.incoming.source))) |",
      "| began | \(record.began.iso8601) |",
      "| ended | \(record.ended?.iso8601 ?? "not") |",
      "| entrance | \(Self.cell(entrance)) |",
    ]
    if let cause = record.cause { lines.append("| cause | \(Self.cell(cause)) |") }
    lines += ["", "## Phases", "", "| phase | result | seconds | |", "|---|---|---:|---|"]
    for phase in record.phases {
      lines.append(
        "| \(phase.phase.rawValue) | \(phase.result.rawValue) | "
          + "\(Double(phase.duration.inMilliseconds) / 1000) | \(Self.cell(phase.note ?? "")) |")
    }
    if let probes = record.probes {
      lines += ["", "## Clients", "", probes.summary, ""] + probes.markdown
    }
    for item in record.evidence {
      lines += ["", "## Evidence: \(Self.cell(item.source))", "", Self.cell(item.state), ""]
      // Indented code can not be left by anything that a log line holds.
      lines += item.lines.map { "    " + ErrorReport.printable($0) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func name(_ release: ReleaseName) -> JSONValue {
    ["revision": .string(release.revision), "source": .string(release.source)]
  }

  /// `text` as a cell of a table that it can not break.
  private static func cell(_ text: String) -> String {
    ErrorReport.printable(text).map { character in
      switch character {
      case "|": "\\|"
      case "<": "&lt;"
      case "`": "'"
      default: String(character)
      }
    }.joined()
  }
}
