import Core

/// Shows people where a gate stands: one line that changes, or a line now and then in a log.
struct GateView {
  private let output: TextOutput
  private let policy: GatePolicy
  private var shownPhase: String?
  private var shownAt: Duration?

  /// Time between two lines in a log, and between two states of the line on a terminal.
  private static let logInterval: Duration = .seconds(5)
  private static let terminalInterval: Duration = .milliseconds(250)

  init(_ output: TextOutput, _ policy: GatePolicy) {
    self.output = output
    self.policy = policy
  }

  /// Shows `progress` where its time has come.
  mutating func show(_ progress: GateProgress) {
    let phase = word(progress)
    let interval = output.isTerminal ? Self.terminalInterval : Self.logInterval
    let isDue = shownAt.map { progress.elapsed - $0 >= interval } ?? true
    guard isDue || phase != shownPhase else { return }
    shownPhase = phase
    shownAt = progress.elapsed
    let text = line(progress, phase)
    if output.isTerminal {
      // Back to the first column, and what was there is erased.
      output.write("\r\u{1b}[K" + text.prefix((output.columns ?? 80) - 1))
    } else {
      output.line(text)
    }
  }

  /// Leaves the line that changes.
  func end() {
    if output.isTerminal, shownAt != nil { output.write("\r\u{1b}[K") }
  }

  private func word(_ progress: GateProgress) -> String {
    switch progress.phase {
    case .settling: "settling"
    case .soaking: "soaking"
    case .finished: "finished"
    }
  }

  private func line(_ progress: GateProgress, _ phase: String) -> String {
    let report = progress.report
    let seconds = progress.elapsed.inMilliseconds / 1000
    let state =
      switch progress.phase {
      case .settling: "\(min(progress.inARow, policy.consecutive))/\(policy.consecutive) in a row"
      case .soaking(let since):
        "\(max(.zero, progress.elapsed - since).inMilliseconds / 1000)s"
          + " of \(DurationText.format(policy.soak))"
      case .finished: "done"
      }
    return "gate \(seconds)s \(phase) \(state): \(report.requests) requests, "
      + "\(report.failed) failed, p99 \(report.latency.text(0.99))"
  }
}
