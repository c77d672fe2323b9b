import Core
import POSIX

/// Watches new replicas through their own sockets, where no client comes, until they have stayed
/// up and healthy for as long as the policy says.
///
/// A release that dies, hangs or fails in this time has never answered a client.
struct CandidateObservation {
  /// Good answers in a row from each replica, before its time begins to count.
  private static let consecutive = 10
  /// How often the supervisor is asked and answers are judged.
  private static let tick: Duration = .milliseconds(50)

  let target: LocalTarget
  let run: any RolloutContext

  /// Returns when every replica has passed; throws the cause where one has not.
  func pass() throws {
    var witnesses: [String: ClientWitness] = [:]
    let deadline = Deadline.after(LocalTarget.startTimeout)
    let names = (0..<target.release.replicas).map { "\(target.release.revision)-\($0)" }
    while true {
      let status = try target.client.ask(SupervisorRequest(.status))
      if let cause = target.failedReplica(of: target.release.revision, status) {
        throw PhaseFailure(cause)
      }
      for replica in status.replicas(of: target.release.revision)
      where replica.state == .ready && witnesses[replica.name] == nil {
        witnesses[replica.name] = try witness(of: replica.name)
      }
      try judge(witnesses)
      if names.allSatisfy({ witnesses[$0]?.verdict == .passed }) { return }
      if witnesses.count < names.count, deadline.hasPassed {
        throw PhaseFailure(unready(names.filter { witnesses[$0] == nil }))
      }
      try run.wait(Self.tick)
    }
  }

  private func witness(of name: String) throws -> ClientWitness {
    let policy = target.policy
    var settings = ProberSettings(url: "http://localhost\(LocalTarget.healthPath)")
    settings.ratePerSecond = policy.probeRate
    settings.unixSocketPath = target.paths.entrance(name)
    let witness = ClientWitness(try Prober(settings))
    var wanted = GatePolicy()
    wanted.consecutive = min(Self.consecutive, policy.consecutive)
    wanted.soak = policy.minReady
    wanted.timeout = LocalTarget.startTimeout
    wanted.revisions = .replacing(old: nil, new: target.release.revision)
    wanted.judgesProber = false
    witness.judge(by: wanted, baseline: nil)
    return witness
  }

  private func judge(_ witnesses: [String: ClientWitness]) throws {
    for (name, witness) in witnesses {
      switch witness.look() {
      case .failed(let failure):
        throw PhaseFailure("replica \(name), before any client reached it: \(failure)")
      case .inconclusive(let doubt):
        throw PhaseFailure("replica \(name): \(doubt)", isInconclusive: true)
      case .passed, nil: break
      }
    }
  }

  /// What replicas that never became ready say of it themselves.
  private func unready(_ names: [String]) -> String {
    let words = names.map { name in
      let problem = ReplicaQuestion.problem(target.paths.control(name))
      let line = target.said(name, lines: 1).first.map(LogLine.words)
      return "replica \(name): \(problem ?? line.map { "last line: \($0)" } ?? "it said nothing")"
    }
    return "not ready after \(DurationText.format(LocalTarget.startTimeout)): "
      + words.joined(separator: "; ")
  }
}
