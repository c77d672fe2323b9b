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
  /// What a canary would go through before it is applied.
  var steps: [String] = []
  let apply: String
  /// What is to be known of the soak beside its time.
  var soak = ""
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
    for (index, step) in steps.enumerated() { line("step \(index + 1)", step) }
    line("apply", apply)
    let policy = target.policy
    line(
      "gate",
      "\(policy.consecutive) good answers in a row at \(policy.probeRate)/s,"
        + " \(policy.failedMax) failed allowed")
    line("soak", soak + DurationText.format(policy.soak))
    line("finish", finish)
    return checks.contains { $0.verdict == .refuse } ? .refused : .done

    func line(_ phase: String, _ words: String) {
      let column = phase.padded(to: Self.columnWidth)
      output.line("  \(column)\(words)")
    }
  }

  private static let columnWidth = 12
}
