import Core

/// Shows people a rollout while it runs: a live view on a terminal, plain lines elsewhere.
final class RolloutView {
  /// Time between two states of the live view.
  private static let liveInterval: Duration = .milliseconds(150)
  /// Time between two lines of a long phase where no terminal is.
  private static let plainInterval: Duration = .seconds(15)
  /// Width that phases are filled up to, so that their notes stand in one column.
  private static let phaseColumns = 11
  /// Answers that the line of latencies shows.
  private static let sparklineMax = 60

  private let output: TextOutput
  private let usesColor: Bool
  private let isGitHubActions: Bool
  private var block: LiveBlock
  private var phase: Phase?
  private var weight: Int?
  private var phaseBegan = ContinuousClock.now
  private var lastShown = ContinuousClock.now
  private var sides: (outgoing: String?, incoming: String) = (nil, "")
  private var replicas = ""
  private var clients = ""
  private var latencies = ""

  init(_ context: CommandContext) {
    output = context.output
    usesColor = context.usesColor(on: context.output)
    isGitHubActions = context.isGitHubActions
    block = LiveBlock(output, usesColor: usesColor)
  }

  /// The first lines: what goes where.
  func announce(_ record: RolloutRecord, entrance: String) {
    sides = (record.outgoing?.revision, record.incoming.revision)
    let from = record.outgoing.map { "\($0.revision) -> " } ?? ""
    line(
      ErrorReport.printable(
        "rollout \(record.number) of \(record.environment): \(from)\(record.incoming.revision)"
          + " (\(record.incoming.source))"))
    line("  polling \(ErrorReport.printable(entrance))")
  }

  func begin(_ phase: Phase, weight: Int? = nil) {
    self.phase = phase
    self.weight = weight
    phaseBegan = .now
    lastShown = .now
    if output.isTerminal { showBlock(phase) }
  }

  func end(
    _ phase: Phase, weight: Int? = nil, _ result: RolloutRecord.Result, _ note: String?
  ) {
    let mark =
      switch result {
      case .succeeded: colored(result.word, "32")
      case .failed: colored(result.word, "31;1")
      case .interrupted: colored(result.word, "33")
      }
    let time = seconds(phaseBegan.duration(to: .now))
    let words = note.map { "  " + ErrorReport.printable($0) } ?? ""
    line("  \(phase.title(weight: weight).padded(to: Self.phaseColumns)) \(mark)  \(time)\(words)")
    self.phase = nil
  }

  func show(_ check: PreflightCheck) {
    guard check.verdict != .ok else { return }
    let mark = check.verdict == .warn ? colored("warn", "33") : colored("refuse", "31;1")
    let words = ErrorReport.printable("\(check.subject): \(check.detail)")
    line("    \(mark) \(words)")
  }

  /// What the clients' witness has seen so far.
  func show(_ witness: ClientWitness) {
    let seconds = max(1, witness.elapsed.inSeconds)
    let rate = Int((Double(witness.report.requests) / seconds).rounded())
    clients =
      "\(counted(witness.report.requests, "poll")) at \(rate)/s, "
      + "\(witness.report.failed) failed, p99 \(witness.report.latency.text(0.99))"
      + (witness.report.noData > 0 ? ", no data from \(witness.report.noData)" : "")
    switch witness.phase {
    case .settling?: clients += ", \(witness.inARow) good in a row"
    case .soaking(let since)?: clients += ", soaking \(self.seconds(witness.elapsed - since))"
    case .finished?, nil: break
    }
    if let canary = witness.canary {
      clients +=
        ", canary \(canary.canary.good) of \(canary.policy.answersMin) answers,"
        + " \(canary.canaryFailed) failed"
    }
    guard isDue else { return }
    if output.isTerminal { latencies = Sparkline.text(witness.recent.suffix(Self.sparklineMax)) }
    refresh()
  }

  /// How many replicas there are.
  func show(_ counts: [ReplicaCount]) {
    let words = counts.map { count in
      let side =
        count.revision == sides.incoming
        ? "new" : count.revision == sides.outgoing ? "old" : count.revision
      return "\(side) \(count.serving)/\(count.total)"
    }
    replicas = words.isEmpty ? "none" : words.joined(separator: "  ")
    if isDue { refresh() }
  }

  func show(_ evidence: RolloutEvidence) {
    let lines =
      ["    " + ErrorReport.printable("\(evidence.source): \(evidence.state)")]
      + evidence.lines.map { "      | \(ErrorReport.printable($0))" }
    block.clear()
    for text in isGitHubActions ? WorkflowCommand.stopped(lines) : lines { output.line(text) }
  }

  func note(_ text: String) { line("    \(ErrorReport.printable(text))") }

  /// The last lines: how it ended.
  func conclude(_ record: RolloutRecord, report: String?) {
    let outcome = record.outcome ?? .interrupted
    let isGood = outcome == .done || outcome == .aborted
    let mark = colored(outcome.rawValue, isGood ? "32;1" : "31;1")
    line("\(mark)\(record.cause.map { ": " + ErrorReport.printable($0) } ?? "")")
    if let advice = record.advice { line("  \(ErrorReport.printable(advice.line))") }
    if let probes = record.probes { line("clients: \(probes.summary)") }
    if outcome == .rollbackFailed {
      line("ops rollout --env \(record.environment) --abort tries the way back again")
    }
    if let report { line("report: \(report)") }
    guard isGitHubActions else { return }
    let title = "rollout \(record.number) of \(record.environment)"
    if isGood {
      let words = record.probes?.summary ?? record.cause
      output.line(
        WorkflowCommand.notice(title, outcome.rawValue + (words.map { ": " + $0 } ?? "")))
    } else {
      let cause = record.cause.map { ": " + $0 } ?? ""
      let hints = record.advice.map { [$0.line] } ?? []
      output.line(WorkflowCommand.error(title, outcome.rawValue + cause, hints: hints))
    }
  }

  /// Whether it is time for another state of the view.
  private var isDue: Bool {
    phase != nil
      && lastShown.duration(to: .now)
        >= (output.isTerminal ? Self.liveInterval : Self.plainInterval)
  }

  private func refresh() {
    guard let phase else { return }
    lastShown = .now
    if output.isTerminal { return showBlock(phase) }
    let time = seconds(phaseBegan.duration(to: .now))
    let facts = [clients, replicas.isEmpty ? "" : "replicas \(replicas)"].filter { !$0.isEmpty }
    line(
      ErrorReport.printable(
        "    \(phase.title(weight: weight)) \(time): \(facts.joined(separator: "; "))"))
  }

  private func showBlock(_ phase: Phase) {
    var rest: [String] = []
    var next = phase.next
    while let one = next {
      rest.append(one.rawValue)
      next = one.next
    }
    let then = rest.isEmpty ? "" : "  then \(rest.joined(separator: ", "))"
    let rows = [
      LiveBlock.Row(
        name: phase.title(weight: weight), text: seconds(phaseBegan.duration(to: .now)) + then),
      .init(name: "replicas", text: replicas), .init(name: "clients", text: clients),
      .init(name: "latency", text: latencies),
    ]
    block.show(rows.filter { !$0.text.isEmpty })
  }

  private func line(_ text: String) {
    block.clear()
    output.line(isGitHubActions ? WorkflowCommand.harmless(text) : text)
  }

  private func seconds(_ duration: Duration) -> String {
    let tenths = duration.inMilliseconds / 100
    return "\(tenths / 10).\(tenths % 10) s"
  }

  private func colored(_ text: String, _ code: String) -> String {
    usesColor ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
