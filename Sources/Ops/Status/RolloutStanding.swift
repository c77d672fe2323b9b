import Core

/// How the last rollout of an environment stands, for whoever is on call.
struct RolloutStanding: Sendable, Equatable {
  /// In one line: which one, how far, by whom, since when.
  let words: String
  /// Whether it goes on right now: what serves is expected to change.
  let isRunning: Bool
  /// What is wrong with it, nil where nothing is.
  let wrong: String?

  static let none = RolloutStanding(words: "none", isRunning: false, wrong: nil)

  private init(words: String, isRunning: Bool, wrong: String?) {
    (self.words, self.isRunning, self.wrong) = (words, isRunning, wrong)
  }

  /// Reads the journal of rollout `number`; `holder` is who holds the lock, nil where nobody does.
  init(_ number: Int, _ entries: [JournalEntry], holder: LockHolder?) {
    guard let summary = JournalSummary(entries) else {
      self = .none
      return
    }
    let what = "\(number)" + (summary.revision.map { " of \($0)" } ?? "")
    let phase = summary.phase?.rawValue ?? "none"
    if let outcome = summary.outcome {
      let cause = outcome == .done ? nil : summary.cause.map { ": \(LogLine.words($0))" }
      words = "\(what), \(outcome.rawValue) at \(summary.lastChange)\(cause ?? "")"
      wrong =
        outcome == .rollbackFailed
        ? "rollout \(number) failed, and so did the way back; look at what serves" : nil
      isRunning = false
    } else if let holder {
      words =
        "\(what), running, phase \(phase) since \(summary.phaseBegan ?? summary.began),"
        + " by process \(holder.process) on \(holder.host) since \(holder.since)"
      wrong = nil
      isRunning = true
    } else {
      words = "\(what), interrupted in phase \(phase) at \(summary.lastChange)"
      wrong = "rollout \(number) was interrupted; use --resume or --abort"
      isRunning = false
    }
  }
}
