import Core

/// Shows people a rollout while it runs: a live line on a terminal, plain lines elsewhere.
final class RolloutView {
  /// Time between two states of the live line.
  private static let liveInterval: Duration = .milliseconds(150)
  /// Width that phases are filled up to, so that their notes stand in one column.
  private static let phaseColumns = 11

  private let output: TextOutput
  private let usesColor: Bool
  private let isGitHubActions: Bool
  private var phase: Phase?
  private var phaseBegan = ContinuousClock.now
  private var liveShown: ContinuousClock.Instant?

  init(_ context: CommandContext) {
    output = context.output
    usesColor = context.usesColor(on: context.output)
    isGitHubActions = context.isGitHubActions
  }

  /// The first lines: what goes where.
  func announce(_ record: RolloutRecord, entrance: String) {
    let from = record.outgoing.map { "\($0.revision) -> " } ?? ""
    line(
      "rollout \(record.number) of \(record.environment): \(from)\(record.incoming.revision)"
        + " (\(record.incoming.source))")
    line("  polling \(entrance)")
  }

  func begin(_ phase: Phase) {
    self.phase = phase
    phaseBegan = .now
    live("...")
  }

  func end(_ phase: Phase, _ result: RolloutRecord.Result, _ note: String?) {
    let mark =
      switch result {
      case .succeeded: colored("ok", "32")
      case .failed: colored("FAILED", "31;1")
      case .interrupted: colored("stopped", "33")
      }
    let time = seconds(phaseBegan.duration(to: .now))
    let words = note.map { "  " + ErrorReport.printable($0) } ?? ""
    line("  \(filled(phase.rawValue)) \(mark)  \(time)\(words)")
    self.phase = nil
  }

  func show(_ check: PreflightCheck) {
    guard check.verdict != .ok else { return }
    let mark = check.verdict == .warn ? colored("warn", "33") : colored("refuse", "31;1")
    line("    \(mark) \(check.subject): \(ErrorReport.printable(check.detail))")
  }

  /// What the clients' witness has seen so far.
  func show(_ witness: ClientWitness) {
    var text =
      "\(counted(witness.report.requests, "poll")), \(witness.report.failed) failed, "
      + "p99 \(witness.report.latency.text(0.99))"
    switch witness.phase {
    case .settling?: text += ", \(witness.inARow) good in a row"
    case .soaking(let since)?: text += ", soaking \(seconds(witness.elapsed - since))"
    case .finished?, nil: break
    }
    live(text)
  }

  func show(_ evidence: RolloutEvidence) {
    line("    \(evidence.source): \(ErrorReport.printable(evidence.state))")
    for text in evidence.lines { line("      | \(ErrorReport.printable(text))") }
  }

  func note(_ text: String) { line("    \(ErrorReport.printable(text))") }

  /// The last lines: how it ended.
  func conclude(_ record: RolloutRecord, report: String?) {
    let outcome = record.outcome ?? .interrupted
    let mark =
      outcome == .done || outcome == .aborted
      ? colored(outcome.rawValue, "32;1") : colored(outcome.rawValue, "31;1")
    line("\(mark)\(record.cause.map { ": " + ErrorReport.printable($0) } ?? "")")
    if let probes = record.probes { line("clients: \(probes.summary)") }
    if let report { line("report: \(report)") }
    if isGitHubActions, outcome != .done, outcome != .aborted {
      let cause = record.cause ?? outcome.rawValue
      line("::error::\(ErrorReport.escapedData("rollout \(outcome.rawValue): \(cause)"))")
    }
  }

  private func line(_ text: String) {
    if liveShown != nil {
      output.write("\r\u{1b}[K")
      liveShown = nil
    }
    output.line(text)
  }

  /// Replaces the live line, now and then; a log gets none.
  private func live(_ text: String) {
    guard output.isTerminal, let phase else { return }
    if let liveShown, liveShown.duration(to: .now) < Self.liveInterval { return }
    liveShown = .now
    let time = seconds(phaseBegan.duration(to: .now))
    let all = "  \(filled(phase.rawValue)) \(time)  \(text)"
    output.write("\r\u{1b}[K" + all.prefix((output.columns ?? 80) - 1))
  }

  private func filled(_ word: String) -> String {
    word + String(repeating: " ", count: max(0, Self.phaseColumns - word.count))
  }

  private func seconds(_ duration: Duration) -> String {
    let tenths = duration.inMilliseconds / 100
    return "\(tenths / 10).\(tenths % 10) s"
  }

  private func colored(_ text: String, _ code: String) -> String {
    usesColor ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
