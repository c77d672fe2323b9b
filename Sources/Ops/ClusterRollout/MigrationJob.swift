import Core
import JSON

/// Runs the Job that brings the schema up, and follows it to its end.
///
/// The Job's name ends in a hash of what it does: one that is there already is followed, after an
/// interruption for one.
struct MigrationJob {
  private static let tick: Duration = .milliseconds(250)
  /// Lines of its log that are told where it failed.
  private static let lines = 20

  let job: ClusterObject
  let client: ClusterClient

  init(_ job: ClusterObject, client: ClusterClient) {
    (self.job, self.client) = (job, client)
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
    while true {
      switch try standing() {
      case .succeeded: return "Job \(job.name) succeeded"
      case .failed(let reason): throw PhaseFailure(cause(reason))
      case .absent, .leaving: throw PhaseFailure("Job \(job.name) was deleted before it was done")
      case .running, nil: try run.wait(Self.tick)
      }
    }
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

  private func cause(_ reason: String) -> String {
    let line = lastLines().last.map { "; last line: \(LogLine.words($0))" } ?? ""
    return "Job \(job.name) failed: \(reason)\(line)"
  }

  private func lastLines() -> [String] {
    let selection = ClusterSelection(
      .pod, in: job.namespace, labels: "batch.kubernetes.io/job-name=\(job.name)")
    guard let pod = try? client.list(selection).items.last?["metadata"]?["name"]?.text else {
      return []
    }
    var log = PodLog(pod, in: job.namespace ?? "")
    log.tailLines = Self.lines
    let text = (try? client.log(log)) ?? []
    return String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
  }
}
