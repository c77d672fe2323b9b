import Core

/// What a rollout would do, a line for each phase; what differs from target to target is given.
struct RolloutOutline {
  let target: any RolloutTarget
  let number: Int
  /// What would be held meanwhile.
  let lock: String
  /// Nil where the target takes none.
  var backup: String?
  let migrate: String
  let apply: String
  let finish: String

  /// Prints it, and says whether the rollout would be refused.
  func show(on output: TextOutput) throws -> ExitCode {
    let checks = try target.preflight().map(target.redaction.applied)
    output.line("rollout \(number) of \(target.environment) would do this:")
    line("lock", lock)
    line("preflight", "\(counted(checks.count, "check")):")
    for check in checks {
      line("", "  \(check.verdict.rawValue)  \(check.subject): \(check.detail)")
    }
    let baseline = target.outgoing.map {
      "poll \(target.entrance.shown), served by \($0.revision)"
    }
    line("baseline", baseline ?? "none, nothing serves")
    if let backup { line("backup", backup) }
    line("migrate", migrate)
    line("apply", apply)
    let policy = target.policy
    line(
      "gate",
      "\(policy.consecutive) good answers in a row at \(policy.probeRate)/s,"
        + " \(policy.failedMax) failed allowed")
    line("soak", DurationText.format(policy.soak))
    line("finish", finish)
    return checks.contains { $0.verdict == .refuse } ? .refused : .done

    func line(_ phase: String, _ words: String) {
      let column = phase.padding(to: Self.columnWidth)
      output.line("  \(column)\(words)")
    }
  }

  private static let columnWidth = 12
}

extension String {
  /// The text with spaces behind it, `width` characters long.
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
