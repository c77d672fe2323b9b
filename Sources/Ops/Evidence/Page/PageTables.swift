import Core

/// The tables of the page: what the charts show in words, and all that is no chart.
struct PageTables {
  /// Changes of the replicas that are listed; `rollout.json` has all.
  private static let changesMax = 200

  let report: RolloutReport

  init(_ report: RolloutReport) { self.report = report }

  private var record: RolloutRecord { report.record }

  var sections: [HTML] {
    let bad = record.evidence.map(evidence)
    return (bad.isEmpty ? [] : [section("evidence", "Evidence", HTML(lines: bad))])
      + [
        phases ?? "",
        pair([releases, connections]), pair([checks, replicas]), facts ?? "",
      ]
  }

  private func evidence(_ item: RolloutEvidence) -> HTML {
    let lines = item.lines.map { HTML("\($0)") }
    let text: HTML =
      lines.isEmpty
      ? "<p class=\"quiet\">It said nothing.</p>"
      : "<pre tabindex=\"0\">\(HTML(lines: lines))</pre>"
    return """
      <h3>\(item.source)</h3>
      <p>\(item.state)</p>
      \(text)
      """
  }

  private var phases: HTML? {
    table(
      "phases-table", "Phases", ["phase", "result", "took", "what was done"],
      record.phases.map { phase in
        [
          "\(phase.title)",
          "<span class=\"\(phase.result.mood)\">\(phase.result.word)</span>",
          "\(PhaseChart.seconds(phase.duration))", "\(phase.note ?? "")",
        ]
      }, numbers: [2])
  }

  private var releases: HTML? {
    let rows = (record.probes?.revisions ?? [:]).sorted { $0.key < $1.key }
    return table(
      "releases", "Answers by release",
      ["release", "good", "failed", "p50", "p90", "p99", "worst"],
      rows.map { name, figures in
        let side = ReleaseSide(name, in: record)
        let words = name.isEmpty ? "(none named)" : name
        return [
          "<i class=\"mark \(side.rawValue)\"></i>\(side.rawValue) <code>\(words)</code>",
          "\(figures.good)", "\(figures.failed)", "\(figures.latency.text(0.5))",
          "\(figures.latency.text(0.9))", "\(figures.latency.text(0.99))",
          "\(figures.latency.text(1))",
        ]
      }, numbers: Set(1...6))
  }

  private var connections: HTML? {
    guard let probes = record.probes else { return nil }
    let outcomes = probes.sortedOutcomes.map { "\($0.count) × \($0.outcome)" }
    let rows = ProbeClass.allCases.map { name -> [HTML] in
      let figures = probes.classes[name] ?? .init()
      return [
        "\(name.rawValue)", "\(figures.requests)", "\(figures.failed)",
        "\(figures.longestGap.inMilliseconds) ms",
      ]
    }
    let doubt = probes.prober.bottleneck.map { ", the prober was the bottleneck: \($0)" } ?? ""
    let silent = probes.noData > 0 ? "; no data from \(counted(probes.noData, "probe"))" : ""
    return table(
      "connections", "Requests by connection",
      ["connection", "requests", "failed", "longest gap"], rows, numbers: [1, 2, 3],
      note: "Outcomes: \(outcomes.joined(separator: ", "))\(silent)\(doubt).")
  }

  private var checks: HTML? {
    table(
      "checks", "Checks before anything changed", ["checked", "verdict", "what was seen"],
      record.checks.map { check in
        let mood = check.verdict == .ok ? "good" : check.verdict == .warn ? "warn" : "bad"
        return [
          "\(check.subject)", "<span class=\"\(mood)\">\(check.verdict.rawValue)</span>",
          "\(check.detail)",
        ]
      })
  }

  private var replicas: HTML? {
    let changes = record.replicas.changes.prefix(Self.changesMax)
    let left = record.replicas.changes.count - changes.count
    return table(
      "replica-changes", "Replicas", ["after", "serving of all, by release"],
      changes.map { change in
        let counts = change.counts.map { count in
          "\(ReleaseSide(count.revision, in: record).rawValue) \(count.serving) of \(count.total)"
        }
        return [
          "\(PhaseChart.seconds(change.time.since(record.began)))",
          "\(counts.isEmpty ? "none" : counts.joined(separator: ", "))",
        ]
      }, note: left > 0 ? "\(left) more are in rollout.json." : nil)
  }

  private var facts: HTML? {
    let name: (ReleaseName) -> HTML = { "<code>\($0.revision)</code> \($0.source)" }
    return table(
      "facts", "Facts", ["", ""],
      [
        ["from", record.outgoing.map(name) ?? "nothing"], ["to", name(record.incoming)],
        ["began", "\(record.began.iso8601)"], ["ended", "\(record.ended?.iso8601 ?? "not")"],
        ["entrance", "<code>\(report.entrance)</code>"],
        ["polled from", "\(record.probesBegan?.iso8601 ?? "never")"],
      ])
  }

  /// Sections side by side where there is room.
  private func pair(_ sections: [HTML?]) -> HTML {
    "<div class=\"pair\">\n\(HTML(lines: sections.compactMap(\.self)))\n</div>"
  }

  private func section(_ id: String, _ title: String, _ body: HTML) -> HTML {
    "<section aria-labelledby=\"\(id)\"><h2 id=\"\(id)\">\(title)</h2>\n\(body)\n</section>"
  }

  /// A table that scrolls within itself where it is wider than the window; nil without rows.
  private func table(
    _ id: String, _ title: String, _ head: [String], _ rows: [[HTML]], numbers: Set<Int> = [],
    note: String? = nil
  ) -> HTML? {
    guard !rows.isEmpty else { return nil }
    let mark: (Int) -> HTML = { numbers.contains($0) ? " class=\"number\"" : "" }
    let names = head.enumerated().map { HTML("<th scope=\"col\"\(mark($0))>\($1)</th>") }
    let lines = rows.map { cells in
      let first = HTML("<th scope=\"row\">\(cells[0])</th>")
      let others = cells.enumerated().dropFirst().map { HTML("<td\(mark($0))>\($1)</td>") }
      return HTML("<tr>\(HTML(lines: [first] + others))</tr>")
    }
    let isNamed = head.contains { !$0.isEmpty }
    let top: HTML = isNamed ? "<thead><tr>\(HTML(lines: names))</tr></thead>" : ""
    let below: HTML = note.map { "\n<p class=\"quiet\">\($0)</p>" } ?? ""
    return section(
      id, title,
      """
      <div class="wide" role="region" aria-labelledby="\(id)" tabindex="0"><table>
      \(top)<tbody>
      \(HTML(lines: lines))
      </tbody></table></div>\(below)
      """)
  }
}

extension RolloutRecord.Result {
  fileprivate var mood: String {
    switch self {
    case .succeeded: "good"
    case .failed: "bad"
    case .interrupted: "warn"
    }
  }
}
