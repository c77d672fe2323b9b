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
  let lease: ClusterLease
  /// How long what may heal is waited for.
  let grace: Duration
  /// What is taken out of what its pod says.
  let secrets: GivenSecrets
  /// How long ago one of that name may have succeeded, doing the same, for its work to count; nil
  /// where its name says what it does, and what it does is done once and for all.
  var reusedFor: Duration?

  /// The Job of a release, as it is brought beside the release `serving`; nil where none is to be
  /// told of.
  ///
  /// It is told which one that is, and refuses, before it changes anything, what that one could not
  /// run on: the image alone knows its migrations; its tag may say anything, and a digest says
  /// nothing. A Job cannot be changed, so one that is told of another release has another name;
  /// `keepsName` is for Helm, which would make the one of its chart once more beside it.
  static func told(
    _ job: ClusterObject, of serving: String?, keepsName: Bool
  ) -> ClusterObject {
    serving.flatMap { job.toldOfServing($0, keepsName: keepsName) } ?? job
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
    let found = try known(run)
    switch found.standing {
    case .succeeded where counts(found.object): return "Job \(job.name) has run already"
    case .running where doesTheSame(found.object): break
    case .succeeded, .running, .failed, .leaving:
      // It ran in a former attempt; a Job does not begin anew.
      try delete(run)
      try waitUntilAbsent(run)
      try start(run)
    case .absent: try start(run)
    }
    return try follow(run)
  }

  /// Whether the work of one that succeeded is what is wanted now.
  private func counts(_ object: JSONValue?) -> Bool {
    guard let reusedFor else { return true }
    guard let ended = object?["status"]?["completionTime"]?.text.flatMap({ Timestamp(iso8601: $0) })
    else { return false }
    return doesTheSame(object) && Timestamp.now().since(ended) <= reusedFor
  }

  /// Whether one that is there was told the same.
  private func doesTheSame(_ object: JSONValue?) -> Bool {
    guard reusedFor != nil else { return true }
    func words(_ json: JSONValue?) -> [[JSONValue]?] {
      (json?.value(at: ["spec", "template", "spec", "containers"])?.elements ?? [])
        .map { $0["args"]?.elements }
    }
    return words(object) == words(job.json)
  }

  private func follow(_ run: any RolloutContext) throws -> String {
    // A Job that was made again under its name may not be taken for the one that failed.
    let feed = try WitnessFeed(
      JobSubject(name: job.name), policy: WitnessPolicy(grace: grace), of: client,
      in: job.namespace ?? "", secrets: secrets)
    defer { feed.stop() }
    while true {
      switch feed.finding {
      case .complete: return "Job \(job.name) succeeded"
      case .failed(let cause):
        // Before the next attempt takes it away with its pods.
        run.keep(feed.evidence())
        let code = try cause.exit.map { Int32(clamping: $0.code) } ?? exitCode(run)
        throw failure(feed.line(of: cause), code: code, CauseAdvice(cause))
      case .progressing: try run.wait(Self.tick)
      case .unheard, .unknown: try run.wait(Self.tick, isHeard: false)
      }
    }
  }

  /// What its end means, by the code of its container.
  private func failure(
    _ cause: String, code: Int32?, _ advice: CauseAdvice
  ) -> PhaseFailure {
    switch code.flatMap(ExitCode.init(rawValue:)) {
    case .refused: PhaseFailure(cause, isRefusal: true, code: code, advice: advice)
    case .usage:
      PhaseFailure(
        "\(cause): the ops of that image does not know what this one asks of it (exit"
          + " \(ExitCode.usage.rawValue)); use the ops of the image's release, or a newer image",
        code: code,
        advice: CauseAdvice(
          id: advice.id, words: "Use the ops of the image's release, or a newer image."))
    default: PhaseFailure(cause, code: code, advice: advice)
    }
  }

  /// What the last of the Job's own containers that failed ended with, nil where none did.
  private func exitCode(_ run: any RolloutContext) throws -> Int32? {
    let live = try run.askPatiently { () throws(ClusterFailure) in
      try client.get(.job, job.name, in: job.namespace)
    }
    let selection = JobLogs.selection(job.name, in: job.namespace ?? "")
    let pods = try run.askPatiently { () throws(ClusterFailure) in
      try client.list(selection).items
    }
    // One that is gone may have left pods under its name.
    let uid = live?["metadata"]?["uid"]?.text
    let own = pods.filter { pod in
      (pod["metadata"]?["ownerReferences"]?.elements ?? []).contains { $0["uid"]?.text == uid }
    }
    let statuses = own.flatMap { $0["status"]?["containerStatuses"]?.elements ?? [] }
    let ends = statuses.compactMap { $0["state"]?["terminated"] }
      .filter { $0["exitCode"]?.number != 0 }
    let last = ends.max { ($0["finishedAt"]?.text ?? "") < ($1["finishedAt"]?.text ?? "") }
    return last?["exitCode"]?.number.map { Int32(clamping: $0) }
  }

  /// Ends it where it is on its way, so that it changes nothing under a release that comes back.
  ///
  /// The program cancels its statement when it is told to stop; what it has finished stays. A
  /// cluster that does not say how it stands is asked for a while, and then not waited for.
  func endWhereItRuns(_ run: any RolloutContext) throws {
    let found: Standing
    do {
      found = try run.askPatiently { () throws(ClusterFailure) in
        Standing(try client.get(.job, job.name, in: job.namespace))
      }
    } catch let failure as ClusterFailure where failure.mayPass {
      return run.note(
        "whether Job \(job.name) is still running nobody could tell: \(failure.words)")
    }
    guard found == .running else { return }
    run.note("Job \(job.name) is still running and is ended")
    try delete(run)
    let end = run.clock.elapsed() + Self.endTimeout
    while try standing() != .absent, run.clock.elapsed() < end { try run.wait(Self.tick) }
  }

  private func delete(_ run: any RolloutContext) throws {
    try run.changePatiently {
      try lease.delete(.job, job.name, in: job.namespace, by: client)
    }
  }

  /// How it stands, and what it is, once the cluster says it.
  private func known(
    _ run: any RolloutContext
  ) throws -> (standing: Standing, object: JSONValue?) {
    let object = try run.askPatiently { () throws(ClusterFailure) in
      try client.get(.job, job.name, in: job.namespace)
    }
    return (Standing(object), object)
  }

  private func waitUntilAbsent(_ run: any RolloutContext) throws {
    while true {
      let found = try standing()
      if found == .absent { return }
      try run.wait(Self.tick, isHeard: found != nil)
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
  /// A migration Job whose program is told which release serves meanwhile.
  fileprivate func toldOfServing(_ release: String, keepsName: Bool) -> ClusterObject? {
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
    let told = json.replacing(path, with: .array(containers))
    if keepsName { return ClusterObject(told) }
    let hash = SHA256.hash(Array("\(name) \(release)".utf8))
    let stem = name.split(separator: "-").dropLast().joined(separator: "-")
    return ClusterObject(
      told.replacing(
        ["metadata", "name"], with: .string("\(stem)-\(Hexadecimal.encode(hash).prefix(10))")))
  }
}
