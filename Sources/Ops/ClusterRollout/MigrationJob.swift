import Core
import Crypto
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

  /// The Job, told of the release that `serving` names: it refuses, before it changes anything,
  /// what that one could not run on.
  ///
  /// The image alone knows its migrations; its tag may say anything, and a digest says nothing.
  init(_ job: ClusterObject, client: ClusterClient, grace: Duration, serving: String? = nil) {
    self.job = serving.flatMap(job.toldOfServing) ?? job
    (self.client, self.grace) = (client, grace)
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
    switch try known(run) {
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
      case .failed(let cause):
        let isRefusal = (try? exitCode()) == ExitCode.refused.rawValue
        throw PhaseFailure(feed.line(of: cause), isRefusal: isRefusal)
      case .progressing, .unheard, .unknown: try run.wait(Self.tick)
      }
    }
  }

  /// What the last container of the Job that failed ended with, nil where none did.
  func exitCode() throws(ClusterFailure) -> Int32? {
    let pods = try client.list(JobLogs.selection(job.name, in: job.namespace ?? ""))
    return pods.items.flatMap { $0["status"]?["containerStatuses"]?.elements ?? [] }
      .compactMap { $0["state"]?["terminated"]?["exitCode"]?.number }
      .last { $0 != 0 }.map { Int32(clamping: $0) }
  }

  /// Ends it where it is on its way, so that it changes nothing under a release that comes back.
  ///
  /// The program cancels its statement when it is told to stop; what it has finished stays.
  func endWhereItRuns(_ run: any RolloutContext) throws {
    guard try known(run) == .running else { return }
    run.note("Job \(job.name) is still running and is ended")
    try run.changePatiently { () throws(ClusterFailure) in
      try client.delete(.job, job.name, in: job.namespace)
    }
    let end = run.clock.elapsed() + Self.endTimeout
    while try standing() != .absent, run.clock.elapsed() < end { try run.wait(Self.tick) }
  }

  /// How it stands, once the cluster says it.
  private func known(_ run: any RolloutContext) throws -> Standing {
    while true {
      if let standing = try standing() { return standing }
      try run.wait(Self.tick)
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
}

extension ClusterObject {
  /// A migration Job whose program is told which release serves meanwhile; another Job has another
  /// name.
  fileprivate func toldOfServing(_ release: String) -> ClusterObject? {
    let hash = SHA256.hash(Array("\(name) \(release)".utf8))
    let stem = name.split(separator: "-").dropLast().joined(separator: "-")
    let changed = json.replacing(
      ["metadata", "name"], with: .string("\(stem)-\(Hexadecimal.encode(hash).prefix(10))"))
    let path = ["spec", "template", "spec", "containers"]
    let containers = (json.value(at: path)?.elements ?? []).map { container in
      // A variable and no option: an older program passes over it.
      container.replacing(
        ["env"],
        with: .array(
          (container["env"]?.elements ?? []) + [
            ["name": .string(MigrateApplyCommand.servingVariable), "value": .string(release)]
          ]))
    }
    return ClusterObject(changed.replacing(path, with: .array(containers)))
  }
}

extension JSONValue {
  fileprivate func value(at path: [String]) -> JSONValue? {
    path.reduce(JSONValue?.some(self)) { $0?[$1] }
  }

  /// The object with another value behind these keys, all but the last of which are there.
  fileprivate func replacing(_ path: [String], with value: JSONValue) -> JSONValue {
    guard let key = path.first else { return value }
    let known = members ?? []
    let inner = (self[key] ?? .object([])).replacing(Array(path.dropFirst()), with: value)
    guard known.contains(where: { $0.name == key }) else {
      return .object(known + [JSONMember(key, inner)])
    }
    return .object(known.map { $0.name == key ? JSONMember(key, inner) : $0 })
  }
}
