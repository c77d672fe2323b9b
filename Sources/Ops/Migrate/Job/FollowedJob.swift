import Core
import JSON
import POSIX

/// Carries a migration Job out for somebody who watches.
final class FollowedJob {
  /// Who may change the environment, and what ends the following.
  struct Setting {
    let site: ClusterSite
    let holder: LockHolder
    /// What serves meanwhile, nil where nothing is remembered that does.
    let serving: ClusterRelease?
    let interruption: Interruption
    /// How long the Job may take, from now on.
    let timeout: Duration
  }

  private let objects: [ClusterObject]
  private let job: ClusterObject
  private let setting: Setting
  private let context: CommandContext
  private let deadline: Deadline
  private let secrets: GivenSecrets

  /// The last of `manifests` is the Job, which is told what serves as the one of a rollout is: it
  /// has the name that a rollout gives it, so that either finds what the other ran.
  ///
  /// Where releases come by Helm its account and itself are made as Helm makes them, which takes
  /// nothing for its own that is not.
  init(_ manifests: [Manifest], _ setting: Setting, _ context: CommandContext) throws {
    let objects =
      try setting.site.helm.map { try HelmObjects.read(manifests.map(\.node), of: $0) }
      ?? manifests.compactMap { ClusterObject(JSONValue($0.node)) }
    guard let job = objects.last, job.isMigration else {
      preconditionFailure("a migration without a Job")
    }
    self.objects = objects
    self.job = MigrationJob.told(
      job, of: setting.serving?.version, keepsName: setting.site.helm != nil)
    self.setting = setting
    self.context = context
    deadline = .after(setting.timeout)
    secrets = GivenSecrets(of: objects, setting.site.client, in: job.namespace ?? "")
  }

  private var migration: MigrationJob {
    MigrationJob(
      job: job, client: client, lease: setting.site.lease, grace: environment.rollout.grace,
      secrets: secrets)
  }
  private var client: ClusterClient { setting.site.client }
  private var environment: Environment { setting.site.environment }

  /// Follows the Job to its end; what was done in one line.
  func run() throws -> String {
    do {
      return try carryOut()
    } catch let interrupted as Interrupted {
      throw MigrationJobEnd.interrupted(environment.name, interrupted.reason, job: job.name)
    } catch let failure as PhaseFailure {
      secrets.look()
      let told = PhaseFailure(
        secrets.redaction.applied(to: failure.cause), isInconclusive: failure.isInconclusive)
      throw MigrationJobEnd.failed(environment.name, told, code: failure.code, job: job.name)
    }
  }

  /// Runs the Job and shows what it writes; what was done in one line.
  private func carryOut() throws -> String {
    for object in objects.dropLast() {
      try changePatiently { () throws(ClusterFailure) in
        try client.apply(
          object.kind, object.json, in: object.namespace,
          by: setting.site.helm == nil ? ClusterClient.fieldManager : HelmDelivery.fieldManager)
      }
    }
    let former = try askPatiently { () throws(ClusterFailure) in
      try client.get(.job, job.name, in: job.namespace)
    }
    let standing = MigrationJob.Standing(former)
    if standing == .succeeded { return try migration.carryOut(self) }
    if let serving = setting.serving, serving.version == nil {
      note(
        "warning: the version of \(serving.revision) is not known, so the migration is not told of"
          + " it: a contract migration would not be refused")
    }
    // What failed before has been read before.
    let isOver = standing != .running
    let logs = try logs(without: isOver ? former?["metadata"]?["uid"]?.text : nil)
    do {
      let done = try migration.carryOut(self)
      logs.finish()
      return done
    } catch let failure as PhaseFailure {
      // Who interrupts does not wait for last lines; who asks for the cause wants to read them.
      logs.finish()
      throw failure
    }
  }

  private func logs(without former: String?) throws -> JobLogs {
    let output = context.output
    let isActions = context.isGitHubActions
    let reader = SecretReader(secrets, context.error)
    return try JobLogs(of: job.name, in: job.namespace ?? "", without: former, client) { line in
      let text = ErrorReport.printable(reader.redaction().applied(to: line))
      output.line(isActions ? WorkflowCommand.harmless(text) : text)
    }
  }
}

/// Reads the secrets of a pod once it writes something: whoever makes them has made them by then.
private final class SecretReader: Sendable {
  /// How often a cluster that does not let them be read is asked.
  private static let looksMax = 30
  /// How many of them the first line is kept back for.
  private static let looksBeforeFirst = 3
  /// Between two of them.
  private static let pause: Duration = .seconds(1)

  private let secrets: GivenSecrets
  private let warnings: TextOutput
  private let state = Guarded(State())

  private struct State {
    var looks = 0
    var hasWarned = false
    var last: ContinuousClock.Instant?
  }

  init(_ secrets: GivenSecrets, _ warnings: TextOutput) {
    (self.secrets, self.warnings) = (secrets, warnings)
  }

  func redaction() -> Redaction {
    state.withLock { state in
      while state.looks < Self.looksMax, !secrets.awaited.isEmpty {
        let since = state.last?.duration(to: .now) ?? Self.pause
        if since < Self.pause {
          if state.looks >= Self.looksBeforeFirst { break }
          WorkThread.sleep(Self.pause - since)
        }
        state.looks += 1
        secrets.look()
        state.last = .now
      }
      if !state.hasWarned, !secrets.unread.isEmpty { warn() }
      state.hasWarned = true
    }
    return secrets.redaction
  }

  private func warn() {
    warnings.line(
      "warning: not read: Secret \(secrets.unread.joined(separator: ", ")); what of it the Job"
        + " writes is taken out only where its form tells that it is a secret")
  }
}

/// A Job that is run by itself: no journal, no clients to look after.
extension FollowedJob: RolloutContext {
  func check() throws {
    try setting.interruption.check()
    if deadline.hasPassed {
      throw MigrationJobEnd.late(environment.name, setting.timeout, job: job.name)
    }
  }

  func wait(_ duration: Duration) throws {
    try setting.interruption.wait(duration)
    try check()
  }

  func change<Result>(_ body: (_ fence: Int64) throws -> Result) throws -> Result {
    try check()
    do {
      return try setting.site.lock.whileStillHeld(setting.holder) {
        try body(setting.holder.fence)
      }
    } catch let failure as LockFailure where !failure.mayPass {
      throw Interrupted(reason: "\(failure)")
    }
  }

  var heldCheck: @Sendable () throws -> Void {
    { [setting] in try setting.interruption.check() }
  }

  func cancelling<Result>(
    with cancel: @escaping @Sendable () -> Void, _ body: () throws -> Result
  ) throws -> Result {
    try setting.interruption.cancelling(with: cancel, body)
  }

  func note(_ text: String) { context.error.line(ErrorReport.printable(text)) }
  var isWatchedByClients: Bool { false }
  var remaining: Duration { deadline.remaining }
  var patience: Duration { deadline.remaining }
  func clientsMayCome() throws {}
}
