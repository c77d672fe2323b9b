import Core

/// What a rollout would do, a line for each phase; what differs from target to target is given.
struct RolloutOutline {
  let target: any RolloutTarget
  /// Whether it could begin at all.
  let readiness: RolloutReadiness
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

  /// Prints it, and says how a rollout that is refused would end.
  func show(on output: TextOutput) throws -> ExitCode {
    let all = try readiness.joined(by: target)
    let checks = all.checks
    output.line("rollout \(number) of \(target.environment) would do this:")
    line("lock", lock)
    line("preflight", "\(counted(checks.count, "check")):")
    for check in checks {
      let words = ErrorReport.printable("\(check.subject): \(check.detail)")
      line("", "  \(check.verdict.rawValue)  \(words)")
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
    return all.exitCode

    func line(_ phase: String, _ words: String) {
      let column = phase.padded(to: Self.columnWidth)
      output.line("  \(column)\(words)")
    }
  }

  private static let columnWidth = 12
}
