import Core

/// `rollout.html`: a page that needs nothing but itself, and no script, to be read.
struct RolloutPage {
  let report: RolloutReport
  private let time: TimeAxis

  init(_ report: RolloutReport) {
    self.report = report
    time = TimeAxis(report.record)
  }

  private var record: RolloutRecord { report.record }

  var html: HTML {
    let title = "Rollout \(record.number) of \(record.environment): \(outcome)"
    // The policy is a second lock: even markup that came from others could not run or load.
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy"\
       content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="referrer" content="no-referrer">
      <link rel="icon" href="data:,">
      <title>\(title)</title>
      <style>
      \(PageStyle.css)
      </style>
      </head>
      <body>
      <main>
      \(HTML(lines: [head, tiles, timeline] + PageTables(report).sections))
      <footer>written by ops \(report.version) at \(record.ended?.iso8601 ?? "the end")</footer>
      </main>
      </body>
      </html>

      """
  }

  private var outcome: String {
    record.outcome.map { $0.rawValue.replacing("-", with: " ") } ?? "not ended"
  }

  private var head: HTML {
    let (mood, sign) = record.outcome?.mood ?? ("unsure", "…")
    let from: HTML =
      record.outgoing.map {
        "<span class=\"release old\"><i class=\"mark old\"></i>\($0.revision)</span> → "
      } ?? ""
    return """
      <header class="\(mood)">
      <p class="way"><span>\(record.environment)</span> \(from)<span class="release new">\
      <i class="mark new"></i>\(record.incoming.revision)</span></p>
      <h1>Rollout \(record.number) <span class="badge"><span aria-hidden="true">\(sign)</span>\
       \(outcome)</span></h1>
      <p class="cause">\(sentence)</p>\(advice)
      </header>
      """
  }

  /// The cause, or what was proven.
  private var sentence: String {
    if let cause = record.cause { return cause }
    guard let probes = record.probes, probes.requests > 0 else { return "No client was asked." }
    return probes.failed == 0
      ? "None of \(Self.grouped(probes.requests)) requests was lost."
      : "\(Self.grouped(probes.failed)) of \(Self.grouped(probes.requests)) requests failed, "
        + "which was forgiven."
  }

  /// What the cause is called, and what ends it.
  private var advice: HTML {
    guard let advice = record.advice else { return "" }
    return """

      <p class="quiet"><code>\(advice.id)</code>: \(advice.words) See \(CauseAdvice.catalogue).</p>
      """
  }

  /// `1,234,567`.
  private static func grouped(_ number: Int) -> String {
    let digits = String(number)
    return digits.enumerated().map { index, digit in
      (digits.count - index).isMultiple(of: 3) && index > 0 ? ",\(digit)" : "\(digit)"
    }.joined()
  }

  private var tiles: HTML {
    let probes = record.probes
    let gap = probes?.longestGap.map { "\(($0.end - $0.start).inMilliseconds) ms" }
    let bound = probes?.failedShareUpperBound.map { share in
      share < 0.01
        ? "\((share * 100_000).rounded() / 10) in 10,000"
        : "\(Self.grouped(Int((share * 10_000).rounded()))) in 10,000"
    }
    let took = record.ended.map { PhaseChart.seconds($0.since(record.began)) }
    let failed = probes?.failed ?? 0
    return """
      <dl class="tiles">
      \(tile("requests", (probes?.requests).map(Self.grouped)))
      \(tile("failed", (probes?.failed).map(Self.grouped), failed > 0 ? "bad" : "good"))
      \(tile("longest gap", gap))
      \(tile("lost at most (95 %)", bound))
      \(tile("took", took))
      </dl>
      """
  }

  private func tile(_ name: String, _ value: String?, _ mood: String = "") -> HTML {
    "<div class=\"\(mood)\"><dt>\(name)</dt><dd>\(value ?? "–")</dd></div>"
  }

  private var timeline: HTML {
    let phases = PhaseChart(record: record, time: time)
    let replicas = ReplicaChart(record: record, time: time)
    let probes = ProbeChart(record, time)
    var charts = [
      chart("phases", "Phases", phases.words, phases.height, phases.labels, phases.drawing)
    ]
    if !replicas.isEmpty {
      charts.append(
        chart(
          "replicas", "Replicas of each release", replicas.words, replicas.height, replicas.labels,
          replicas.drawing))
    }
    if !record.samples.isEmpty {
      charts.append(
        chart(
          "probes", "Requests of clients", probes.words, ProbeChart.height, probes.labels,
          probes.drawing))
    }
    return """
      <section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2>
      \(HTML(lines: charts))
      \(axis)
      \(legend)
      </section>
      """
  }

  private func chart(
    _ name: String, _ title: String, _ words: String, _ height: Int, _ labels: HTML,
    _ drawing: HTML
  ) -> HTML {
    """
    <h3>\(title)</h3>
    <div class="chart"><div class="labels" aria-hidden="true">\(labels)</div>
    <svg role="img" aria-labelledby="\(name)-title \(name)-words" width="100%" height="\(height)">
    <title id="\(name)-title">\(title)</title><desc id="\(name)-words">\(words)</desc>
    \(HTML(lines: time.ticks.map(line)))
    \(drawing)
    </svg></div>
    """
  }

  private func line(_ tick: TimeAxis.Tick) -> HTML {
    let x = tick.place * 100
    return "<line class=\"tick\" x1=\"\(x)%\" x2=\"\(x)%\" y1=\"0\" y2=\"100%\"/>"
  }

  private var axis: HTML {
    let ticks = time.ticks.map { tick -> HTML in
      let anchor = tick.place < 0.02 ? "start" : tick.place > 0.97 ? "end" : "middle"
      return """
        <text x="\(tick.place * 100)%" y="14" text-anchor="\(anchor)">\(tick.words)</text>
        """
    }
    return """
      <div class="chart"><div class="labels"></div>
      <svg aria-hidden="true" width="100%" height="20">\(HTML(lines: ticks))</svg></div>
      """
  }

  private var legend: HTML {
    let dots =
      record.samples.count > ProbeCloud.singleMax
      ? "the stronger, the more answers" : "each dot an answer"
    let kept = record.samples.count
    let missing = (record.probes?.requests ?? kept) - kept
    let cut = missing > 0 ? "; the last \(missing) are counted but not drawn" : ""
    return """
      <p class="legend"><span><i class="mark old"></i>old release</span>
      <span><i class="mark new"></i>new release</span>
      <span><i class="mark other"></i>neither</span>
      <span><b class="failed" aria-hidden="true">✕</b>failed</span>
      <span>\(dots)\(cut)</span></p>
      """
  }
}

extension Outcome {
  /// The colour of the head, and a sign that needs none.
  fileprivate var mood: (name: String, sign: String) {
    switch self {
    case .done: ("good", "✓")
    case .rolledBack, .rollbackFailed: ("bad", "✕")
    case .refused, .locked, .inconclusive, .interrupted, .aborted: ("unsure", "!")
    }
  }
}
