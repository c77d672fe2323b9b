import Core
import JSON

/// Saves the database of a cluster by Jobs made of the release's own CronJobs.
///
/// The database, the store and their keys are reached from there, and need not be from the machine
/// that rolls out. The CronJobs themselves may be of a former release, or not there yet: what is
/// applied beforehand is what the Jobs need, which takes nothing from anybody.
struct ClusterBackup: BackupMeans {
  private static let tick: Duration = .milliseconds(250)
  /// How long a Job that has ended is kept to be read, in seconds.
  private static let keptSeconds: Int64 = 86_400
  /// How long ago a Job of an attempt before may have ended for its work to count still.
  private static let reusedFor: Duration = .seconds(3600)
  private static let kindsOfBasis: Set<String> = [
    "ServiceAccount", "NetworkPolicy", "ExternalSecret",
  ]

  let target: ClusterTarget
  /// The template that backups are taken by.
  let cronJob: ClusterObject
  /// The template that they are proven by, nil where there is none.
  let drill: ClusterObject?

  /// Nil where the release has no backups.
  init?(_ target: ClusterTarget) {
    guard let cronJob = target.objects.first(where: { $0.isSchedule(of: .backup) }) else {
      return nil
    }
    self.target = target
    self.cronJob = cronJob
    drill = target.objects.first { $0.isSchedule(of: .drill) }
  }

  /// What becomes of the policy, as far as that can be known; changes nothing.
  static func checks(
    of target: ClusterTarget, mayLook: Bool
  ) throws(ClusterFailure) -> [PreflightCheck] {
    var checks = [check(of: target)]
    let environment = target.site.environment
    if let backup = environment.backup, backup.image == nil,
      environment.database.mode == .cloudNativePG, environment.database.image == nil
    {
      checks.append(
        PreflightCheck(
          "backup programs", .warn,
          "the operator chooses the major of PostgreSQL, and the programs in the image of ops, of"
            + " \(BackupPolicy.imageMajor), dump no newer one: name database.image or backup.image")
      )
    }
    if mayLook, !target.isUndo, let other = try others(of: target) {
      checks.append(
        PreflightCheck(
          "running backup", .warn,
          "\(other): it is waited for before the migration, for up to"
            + " \(DurationText.format(RolloutBackup.othersTimeout))"))
    }
    return checks
  }

  private static func check(of target: ClusterTarget) -> PreflightCheck {
    let requirement = target.policy.backup
    if requirement == .skip { return PreflightCheck("backup", .ok, "skipped, as the policy says") }
    if target.isUndo {
      return PreflightCheck("backup", .ok, "none: going back does not change the schema")
    }
    guard let backup = ClusterBackup(target) else {
      return PreflightCheck(
        "backup", .refuse,
        "the policy says \(requirement), and \(target.environment) has no 'backup' in"
          + " \(Platform.fileName) that says how; give it one, or save the database by other means"
          + " and set rollout.backup to skip")
    }
    let name = backup.name(of: .take)
    guard case .provenWithin = requirement else {
      return PreflightCheck("backup", .ok, "\(requirement): Job \(name)")
    }
    guard let obstacle = backup.obstacleToProof else {
      return PreflightCheck("backup", .ok, "\(requirement), or else Job \(name) and a drill")
    }
    return PreflightCheck("backup", .warn, "\(requirement), or else refused: \(obstacle)")
  }

  func nothingToSave(_ run: any RolloutContext) -> String? {
    if target.isUndo { return "none: going back does not change the schema" }
    // The database of a first release comes with it, unless somebody else has it.
    guard target.former == nil, target.site.environment.database.mode != .external else {
      return nil
    }
    return "nothing to save yet"
  }

  func others(_ run: any RolloutContext) throws -> String? {
    try run.askPatiently { () throws(ClusterFailure) in try Self.others(of: target) }
  }

  /// Jobs that take a backup and are not this rollout's.
  static func others(of target: ClusterTarget) throws(ClusterFailure) -> String? {
    let labels = "app.kubernetes.io/component=\(BackupTask.backup.component)"
    let jobs = try target.client.list(
      ClusterSelection(.job, in: target.namespace, labels: labels)
    ).items
    let running = jobs.filter { job in
      MigrationJob.Standing(job) == .running
        && job["metadata"]?["labels"]?[ClusterObject.rolloutLabel]?.text
          != String(target.release.number)
    }
    guard let job = running.first, let name = job["metadata"]?["name"]?.text else { return nil }
    let since = job["status"]?["startTime"]?.text ?? job["metadata"]?["creationTimestamp"]?.text
    return "Job \(name) has been taking a backup since \(since ?? "a moment ago")"
  }

  var obstacleToProof: String? {
    if drill != nil { return nil }
    return "no CronJob drills here: prove the newest one by ops backup drill --env"
      + " \(target.environment), or let backup.drill do so"
  }

  func take(_ run: any RolloutContext) throws -> String {
    try carryOut(.take, by: cronJob, run)
    let written = try lines(of: .take, run)
    let backup = written.compactMap { BackupID(String($0.prefix { $0 != " " })) }.last
    return backup?.text ?? "Job \(name(of: .take)) succeeded"
  }

  func prove(_ name: String, _ run: any RolloutContext) throws {
    guard let drill else { preconditionFailure("a proof without a drill") }
    try carryOut(.prove, by: drill, of: BackupID(name), run)
  }

  func newestProven(_ run: any RolloutContext) throws -> ProvenBackup? {
    try carryOut(.look, by: cronJob, run)
    return Self.newestProven(in: try lines(of: .look, run))
  }

  /// The newest backup of a listing that was proven and has all of its database.
  ///
  /// The text and not the JSON, which has every part of every backup, and of a long log the end
  /// alone is kept.
  static func newestProven(in lines: [String]) -> ProvenBackup? {
    lines.compactMap { line -> ProvenBackup? in
      let cells = line.split(separator: " ").map(String.init)
      guard cells.count > 2, BackupID(cells[0]) != nil, let takenAt = Timestamp(iso8601: cells[2]),
        cells[1] == BackupEntry.State.proven.rawValue, cells.last != BackupTable.partial
      else { return nil }
      return ProvenBackup(name: cells[0], takenAt: takenAt)
    }.max { $0.takenAt < $1.takenAt }
  }
}

// Jobs of a rollout.
extension ClusterBackup {
  /// What a rollout starts a Job for.
  enum Errand: String {
    case take
    case look
    case prove
  }

  func name(of errand: Errand) -> String {
    let number = target.release.number
    return switch errand {
    case .take: "\(cronJob.name)-r\(number)"
    case .look: "\(cronJob.name)-list-r\(number)"
    case .prove: "\(drill?.name ?? cronJob.name)-r\(number)"
    }
  }

  /// Ends what is still on its way for a rollout that is given up.
  func endWhereItRuns(_ run: any RolloutContext) throws {
    for errand in [Errand.take, .look] { try job(errand, by: cronJob).endWhereItRuns(run) }
    if let drill { try job(.prove, by: drill).endWhereItRuns(run) }
  }

  private func carryOut(
    _ errand: Errand, by template: ClusterObject, of backup: BackupID? = nil,
    _ run: any RolloutContext
  ) throws {
    try applyBasis(run)
    let given = GivenSecrets(of: [template], target.client, in: target.namespace).names
    try Prerequisites(
      secrets: given, objects: target.objects, isFirst: false, client: target.client,
      namespace: target.namespace, environment: target.environment
    ).waitUntilThere(run)
    target.secrets.look()
    _ = try job(errand, by: template, of: backup).carryOut(run)
  }

  /// What the Jobs need to be there.
  private func applyBasis(_ run: any RolloutContext) throws {
    let components = Set(BackupTask.allCases.map(\.component) + [Objects.database])
    for object in target.objects where Self.kindsOfBasis.contains(object.kind.kind) {
      // Secrets that others fetch are the service's: where it runs they are there.
      let isNeeded = object.component.map(components.contains) ?? false
      guard isNeeded || (target.former == nil && object.kind.kind == "ExternalSecret") else {
        continue
      }
      try target.delivery.apply(object, run)
    }
  }

  private func job(
    _ errand: Errand, by template: ClusterObject, of backup: BackupID? = nil
  ) -> MigrationJob {
    MigrationJob(
      job: template.job(
        name(of: errand), rollout: target.release.number, keptSeconds: Self.keptSeconds,
        isQuestion: errand == .look, operand: backup?.text),
      client: target.client, lease: target.site.lease, grace: target.policy.grace,
      secrets: target.secrets, reusedFor: Self.reusedFor)
  }

  /// What the pod of a Job that succeeded wrote.
  private func lines(of errand: Errand, _ run: any RolloutContext) throws -> [String] {
    let name = name(of: errand)
    let bytes = try run.askPatiently { () throws(ClusterFailure) -> [UInt8] in
      let pods = try target.client.list(JobLogs.selection(name, in: target.namespace)).items
      let last = pods.last { $0["status"]?["phase"]?.text == "Succeeded" }
      guard let pod = last?["metadata"]?["name"]?.text else { return [] }
      return try target.client.log(
        PodLog(pod, in: target.namespace, container: BackupTask.backup.rawValue))
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
