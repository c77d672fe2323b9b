import Core
import JSON

extension ProbeReport {
  /// The report as JSON; durations in milliseconds, names with their unit.
  var json: JSONValue {
    .object([
      JSONMember("requests", .integer(Int64(requests))),
      JSONMember("failed", .integer(Int64(failed))),
      JSONMember("noData", .integer(Int64(noData))),
      JSONMember("failedShareUpperBound95", failedShareUpperBound.map { .real($0) } ?? .null),
      JSONMember("classes", .object(ProbeClass.allCases.map(member))),
      JSONMember(
        "revisions",
        .object(
          revisions.sorted { $0.key < $1.key }.map { name, figures in
            JSONMember(name, Self.json(figures))
          })),
      JSONMember(
        "outcomes",
        .object(
          sortedOutcomes.map { JSONMember($0.outcome.description, .integer(Int64($0.count))) })),
      JSONMember("latency", Self.json(latency)),
      JSONMember("prober", prober.json),
    ])
  }

  /// The report as lines of Markdown.
  var markdown: [String] {
    var lines = ["| connections | requests | failed | longest gap |", "|---|---:|---:|---:|"]
    for name in ProbeClass.allCases {
      let figures = classes[name] ?? .init()
      lines.append(
        "| \(name.rawValue) | \(figures.requests) | \(figures.failed) "
          + "| \(figures.longestGap.inMilliseconds) ms |")
    }
    lines += [
      "", "| revision | good | failed | p50 | p99 | worst |", "|---|---:|---:|---:|---:|---:|",
    ]
    for (name, figures) in revisions.sorted(by: { $0.key < $1.key }) {
      let shown = name.isEmpty ? "(none named)" : MarkdownText.code(String(name.prefix(80)))
      lines.append(
        "| \(shown) | \(figures.good) | \(figures.failed) "
          + "| \(figures.latency.text(0.5)) | \(figures.latency.text(0.99)) "
          + "| \(figures.latency.text(1)) |")
    }
    let counts = sortedOutcomes.map { "\($0.count) × \($0.outcome)" }
    lines += [
      "", "\(summary). Outcomes: \(counts.isEmpty ? "none" : counts.joined(separator: ", ")).",
    ]
    if let doubt = prober.bottleneck { lines.append("The prober was the bottleneck: \(doubt).") }
    return lines
  }

  /// One line: counts, and what they prove.
  var summary: String {
    guard let bound = failedShareUpperBound else { return counts }
    let perTenThousand = (bound * 100_000).rounded() / 10
    return counts + ", fewer than \(perTenThousand) in 10,000 lost (95 %)"
  }

  /// The counts alone, in words.
  var counts: String {
    let unheard = noData > 0 ? " (no data from \(counted(noData, "probe")))" : ""
    return "\(counted(requests, "request")), \(failed) failed" + unheard
  }

  /// Outcomes with their counts, the most frequent first.
  var sortedOutcomes: [(outcome: ProbeOutcome, count: Int)] {
    outcomes.map { ($0.key, $0.value) }.sorted {
      ($1.1, $0.0.description) < ($0.1, $1.0.description)
    }
  }

  private func member(_ name: ProbeClass) -> JSONMember {
    let figures = classes[name] ?? .init()
    return JSONMember(
      name.rawValue,
      .object([
        JSONMember("requests", .integer(Int64(figures.requests))),
        JSONMember("failed", .integer(Int64(figures.failed))),
        JSONMember("longestGapMilliseconds", .integer(figures.longestGap.inMilliseconds)),
        JSONMember("longestGapEndMilliseconds", .integer(figures.longestGapEnd.inMilliseconds)),
      ]))
  }

  private static func json(_ figures: RevisionFigures) -> JSONValue {
    .object([
      JSONMember("good", .integer(Int64(figures.good))),
      JSONMember("failed", .integer(Int64(figures.failed))),
      JSONMember("latency", json(figures.latency)),
    ])
  }

  private static func json(_ latency: LatencyHistogram) -> JSONValue {
    .object(
      [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("worst", 1)].map { name, share in
        let value = latency.percentile(share).map { JSONValue.real($0.roundedMilliseconds) }
        return JSONMember(name + "Milliseconds", value ?? .null)
      })
  }
}

extension ProberHealth {
  /// How well the prober kept up, as JSON.
  var json: JSONValue {
    .object([
      JSONMember("sent", .integer(Int64(sent))),
      JSONMember("late", .integer(Int64(late))),
      JSONMember("latenessWorstMilliseconds", .real(latenessWorst.roundedMilliseconds)),
      JSONMember("skipped", .integer(Int64(skipped))),
      JSONMember("dropped", .integer(Int64(dropped))),
      JSONMember("bottleneck", bottleneck.map { .string($0) } ?? .null),
    ])
  }
}

extension LatencyHistogram {
  /// A percentile for people, such as `1.3 ms`, or `-` where there is none.
  func text(_ share: Double) -> String {
    percentile(share).map { "\($0.roundedMilliseconds) ms" } ?? "-"
  }
}

extension Duration {
  /// Milliseconds with two decimals at most.
  var roundedMilliseconds: Double { (inSeconds * 100_000).rounded() / 100 }
}

/// `1 probe`, `2 probes`.
func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
