import Core

/// `rollout.md`, which is the summary of a job of GitHub Actions as well.
extension RolloutReport {
  var markdown: String { (head + phases + clients + checks + evidence).map { $0 + "\n" }.joined() }

  /// The Markdown, without its last lines where it would be longer than `bytesMax`.
  func markdown(bytesMax: Int) -> String {
    let whole = markdown
    guard whole.utf8.count > bytesMax else { return whole }
    let end = "\nThe rest is in rollout.md.\n"
    var lines: [Substring] = []
    var bytes = end.utf8.count
    for line in whole.split(separator: "\n", omittingEmptySubsequences: false) {
      bytes += line.utf8.count + 1
      guard bytes <= bytesMax else { break }
      lines.append(line)
    }
    return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n" + end
  }

  private var head: [String] {
    let outcome = record.outcome?.rawValue ?? "not ended"
    let from = record.outgoing.map { MarkdownText.code($0.revision) } ?? "nothing"
    var lines = [
      "# Rollout \(record.number) of \(MarkdownText.words(record.environment)): \(outcome)", "",
      "| | |", "|---|---|", "| from | \(from) |",
      "| to | \(MarkdownText.code(record.incoming.revision)) "
        + "(\(MarkdownText.words(record.incoming.source))) |",
      "| began | \(record.began.iso8601) |", "| ended | \(record.ended?.iso8601 ?? "not") |",
      "| entrance | \(MarkdownText.code(entrance)) |",
    ]
    if let cause = record.cause { lines.append("| cause | \(MarkdownText.code(cause)) |") }
    if let advice = record.advice {
      lines.append(
        "| what ends it | \(MarkdownText.code(advice.id)): \(MarkdownText.words(advice.words))"
          + " See \(CauseAdvice.catalogue). |")
    }
    return lines
  }

  private var phases: [String] {
    ["", "## Phases", "", "| phase | result | seconds | |", "|---|---|---:|---|"]
      + record.phases.map { phase in
        "| \(phase.title) | \(phase.result.rawValue) "
          + "| \(Double(phase.duration.inMilliseconds) / 1000) "
          + "| \(MarkdownText.words(phase.note ?? "")) |"
      }
  }

  private var clients: [String] {
    record.probes.map { ["", "## Clients", "", $0.summary, ""] + $0.markdown } ?? []
  }

  private var checks: [String] {
    guard !record.checks.isEmpty else { return [] }
    return ["", "## Checks", "", "| checked | verdict | |", "|---|---|---|"]
      + record.checks.map { check in
        "| \(MarkdownText.words(check.subject)) | \(check.verdict.rawValue) "
          + "| \(MarkdownText.words(check.detail)) |"
      }
  }

  private var evidence: [String] {
    record.evidence.flatMap { item in
      [
        "", "## Evidence: \(MarkdownText.words(item.source))", "", MarkdownText.code(item.state),
        "",
      ]
        + item.lines.map(MarkdownText.codeLine)
    }
  }
}
