import Core
import JSON

/// Runs the Job that brings the schema up, and follows it to its end.
///
/// The Job's name ends in a hash of what it does: one that is there already is followed, after an
/// interruption for one.
struct MigrationJob {
  private static let tick: Duration = .milliseconds(250)

  /// How long a Job that is deleted may take to be gone.
  private static let endTimeout: Duration = .seconds(60)

  let job: ClusterObject
  let client: ClusterClient
  /// How long what may heal is waited for.
  let grace: Duration

  init(_ job: ClusterObject, client: ClusterClient, grace: Duration) {
    (self.job, self.client, self.grace) = (job, client, grace)
  }

  /// How a Job stands.
  enum Standing: Sendable, Equatable {
    case absent
    case running
    case succeeded
    case failed(String)
    /// Being deleted.
    case leaving

    /// Reads the Job, nil where there is none.
    ///
    /// https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions
    init(_ object: JSONValue?) {
      guard let object else {
        self = .absent
        return
      }
      if object["metadata"]?["deletionTimestamp"] != nil {
        self = .leaving
        return
      }
      let conditions = object["status"]?["conditions"]?.elements ?? []
      func standing(_ type: String) -> JSONValue? {
        conditions.first { $0["type"]?.text == type && $0["status"]?.text == "True" }
      }
      if standing("Complete") != nil {
        self = .succeeded
      } else if let failed = standing("Failed") ?? standing("FailureTarget") {
        let words = [failed["reason"]?.text, failed["message"]?.text].compactMap(\.self)
        self = .failed(words.joined(separator: ": "))
      } else {
        self = .running
      }
    }
  }

  /// Applies it where it has not been, and waits for its end; what was done in one line.
  func carryOut(_ run: any RolloutContext) throws -> String {
    var before: Standing?
    while before == nil {
      before = try standing()
      if before == nil { try run.wait(Self.tick) }
    }
    switch before ?? .absent {
    case .succeeded: return "Job \(job.name) has run already"
    case .running: break
    case .failed, .leaving:
      // It ran in a former attempt; a Job does not begin anew.
      try run.changePatiently { () throws(ClusterFailure) in
        try client.delete(.job, job.name, in: job.namespace)
      }
      while try standing() != .absent { try run.wait(Self.tick) }
      try start(run)
    case .absent: try start(run)
    }
    return try follow(run)
  }

  private func follow(_ run: any RolloutContext) throws -> String {
    // A Job that was made again under its name may not be taken for the one that failed.
    let feed = try WitnessFeed(
      JobSubject(name: job.name), policy: WitnessPolicy(grace: grace), of: client,
      in: job.namespace ?? "")
    defer { feed.stop() }
    while true {
      switch feed.finding {
      case .complete: return "Job \(job.name) succeeded"
      case .failed(let cause): throw PhaseFailure(feed.line(of: cause))
      case .progressing, .unknown: try run.wait(Self.tick)
      }
    }
  }

  /// Ends it where it is on its way, so that it changes nothing under a release that comes back.
  ///
  /// The program cancels its statement when it is told to stop; what it has finished stays.
  func endWhereItRuns(_ run: any RolloutContext) throws {
    guard try standing() == .running else { return }
    run.note("Job \(job.name) is still running and is ended")
    try run.changePatiently { () throws(ClusterFailure) in
      try client.delete(.job, job.name, in: job.namespace)
    }
    let end = run.clock.elapsed() + Self.endTimeout
    while try standing() != .absent, run.clock.elapsed() < end { try run.wait(Self.tick) }
  }

  private func start(_ run: any RolloutContext) throws {
    try run.changePatiently { () throws(ClusterFailure) in
      try client.apply(.job, job.json, in: job.namespace)
    }
  }

  /// Nil while the cluster does not answer.
  private func standing() throws(ClusterFailure) -> Standing? {
    do throws(ClusterFailure) {
      return Standing(try client.get(.job, job.name, in: job.namespace))
    } catch  where error.mayPass {
      return nil
    }
  }
}
