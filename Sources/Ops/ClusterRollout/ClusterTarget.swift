import Core
import JSON

/// Brings releases to a cluster, by whatever way their objects come there.
final class ClusterTarget: RolloutTarget {
  /// How often the cluster is looked at.
  static let tick: Duration = .milliseconds(250)
  /// How long a former release may take to be there again.
  static let putBackTimeout: Duration = .seconds(600)

  let site: ClusterSite
  let delivery: any ClusterDelivery
  let release: ClusterRelease
  let former: ClusterRelease?
  let objects: [ClusterObject]
  /// What the former release was made of, nil where neither we nor Helm have kept it.
  let formerObjects: [ClusterObject]?
  let deployment: ClusterObject
  let forwardOnly: Bool
  /// Whether a former release is brought back on purpose.
  let isUndo: Bool
  let clusterCanary: ClusterCanary
  /// Whom the release that was applied last is watched by.
  private var watched: (revision: String, feed: WitnessFeed<DeploymentSubject>)?
  let secrets: GivenSecrets

  /// A rollout of `release`, made of `objects`, over `former`, nil where nothing serves.
  init(
    site: ClusterSite, release: ClusterRelease, former: ClusterRelease?, objects: [ClusterObject],
    _ request: RolloutRequest
  ) throws {
    guard let deployment = objects.first(where: { $0.kind == .deployment }) else {
      throw RolloutRefusal("the objects of \(site.environment.name) have no Deployment")
    }
    self.site = site
    delivery = site.delivery(of: release.number)
    self.release = release
    self.former = former
    self.objects = objects
    self.deployment = deployment
    forwardOnly = request.forwardOnly
    isUndo = request.isUndo
    formerObjects = try former.flatMap {
      try site.manifests.load($0.number) ?? site.helmObjects(of: $0)
    }
    // A run that goes on with another's begins behind the phases that look.
    secrets = GivenSecrets(
      of: objects + (formerObjects ?? []), site.client, in: site.names.namespace)
    clusterCanary = ClusterCanary(
      CanaryObjects(objects: objects, deployment: deployment), revision: release.revision,
      steps: request.steps(
        // Those of the defaults are for environments that take steps.
        of: site.environment.target == .kustomize ? site.environment.rollout.steps : [],
        from: former?.revision, to: release.revision),
      grace: site.environment.rollout.grace, client: site.client, lease: site.lease,
      secrets: secrets, environment: site.environment.name)
    secrets.look()
  }

  deinit { watched?.feed.stop() }

  var client: ClusterClient { site.client }
  var namespace: String { site.names.namespace }
  var environment: String { site.environment.name }
  var policy: RolloutPolicy { site.environment.rollout }
  var incoming: ReleaseName { Self.name(release) }
  var outgoing: ReleaseName? { former.map(Self.name) }

  var entrance: Entrance { site.entrance }

  func poll(rate: Int) throws -> any ProbeSource { try site.poll(rate: rate) }

  var canary: (any RolloutCanary)? { clusterCanary }

  var redaction: Redaction { secrets.redaction }

  func preflight() throws -> [PreflightCheck] {
    secrets.look()
    return try ClusterPreflight(self).checks()
  }

  func backup(_ run: any RolloutContext) throws -> String? {
    guard let means = ClusterBackup(self) else { return nil }
    return try RolloutBackup(requirement: policy.backup, means: means).carryOut(run)
  }

  func endBackup(_ run: any RolloutContext) throws {
    try ClusterBackup(self)?.endWhereItRuns(run)
  }

  func migrate(_ run: any RolloutContext) throws -> String {
    if isUndo { return "left as it is: going back does not change the schema" }
    for object in objects where !object.followsMigration && !object.isMigration {
      // Where something serves, its settings change with its pods and not before.
      if former != nil, object.component == Objects.app, try !isNewSecret(object, run) { continue }
      try delivery.apply(object, run)
    }
    try prerequisites.waitUntilThere(run)
    secrets.look()
    guard let migration else {
      return "none of its own: the pod migrates its file before it serves"
    }
    return try migration.carryOut(run)
  }

  /// What comes first: for the Job alone where something serves, for all pods where nothing does.
  var prerequisites: Prerequisites {
    let pods = former == nil ? objects : objects.filter(\.isMigration)
    return Prerequisites(
      secrets: GivenSecrets(of: pods, client, in: namespace).names, objects: objects,
      isFirst: former == nil,
      client: client, namespace: namespace, environment: environment)
  }

  private func isNewSecret(
    _ object: ClusterObject, _ run: any RolloutContext
  ) throws -> Bool {
    guard object.kind.kind == "ExternalSecret" else { return false }
    return try run.askPatiently { () throws(ClusterFailure) in
      try client.get(object.kind, object.name, in: namespace) == nil
    }
  }

  /// The Job, which refuses what the release that serves could not run on.
  var migration: MigrationJob? {
    objects.first(where: \.isMigration).map { job in
      MigrationJob(
        job: MigrationJob.told(
          job, of: forwardOnly ? nil : former?.version, keepsName: site.helm != nil),
        client: client, lease: site.lease, grace: policy.grace, secrets: secrets)
    }
  }

  func apply(_ run: any RolloutContext) throws {
    try clusterCanary.mix(run)
    // The same release once more changes no pod: what its pods went through is long past.
    let isThere = release.revision == former?.revision
    let generation = try delivery.bring(release, objects, run)
    try watch(release, generation, isFormer: isThere)
    if !run.isWatchedByClients {
      // What served before was broken, or nothing: clients judge the new release alone.
      try waitUntilComplete(run)
      try run.clientsMayCome()
    }
  }

  func observe(_ name: ReleaseName) -> PlatformObservation {
    guard let watched, watched.revision == name.revision else { return .progressing }
    return watched.feed.observation
  }

  func advice(on name: ReleaseName) -> CauseAdvice? {
    guard let watched, watched.revision == name.revision else { return nil }
    return watched.feed.advice
  }

  func replicas() -> [ReplicaCount]? { watched?.feed.replicas ?? clusterCanary.replicas }

  func finish(_ run: any RolloutContext) throws {
    var brought = release
    brought.version = site.servedVersion(of: release.revision) ?? release.version
    try run.changePatiently {
      var state = try site.load()
      state.replaceCurrent(with: brought)
      try site.save(state)
    }
    // What is left lying about takes room; it is no reason to take a good release back.
    do {
      try removeLeftOver(run)
    } catch let error as Interrupted {
      throw error
    } catch {
      run.note("old objects were not removed: \(error)")
    }
  }

  func evidence() -> [RolloutEvidence] {
    secrets.look()
    return watched?.feed.evidence() ?? clusterCanary.evidence()
  }

  func rollBack(_ run: any RolloutContext) throws {
    try migration?.endWhereItRuns(run)
    try endCanary(run) { try clusterCanary.withdraw(run) }
    guard let former else {
      try takeAway(run)
      return try forgetWhatFailed(run)
    }
    let generation = try delivery.putBack(former, over: objects, run)
    try watch(former, generation, isFormer: true)
    try waitUntilComplete(run, atMost: Self.putBackTimeout)
    try endCanary(run) { try clusterCanary.end(run) }
    // Until the new pods are gone clients may meet them, which is not the old release's fault.
    try leavingPods(isSameRevision: former.revision == release.revision).waitUntilGone(run)
    try run.changePatiently {
      var state = try site.load()
      if state.putBack(former, insteadOf: release) { try site.save(state) }
    }
    try forgetWhatFailed(run)
  }

  /// Removes what failed before: what fails again and again would be kept until something is good.
  private func forgetWhatFailed(_ run: any RolloutContext) throws {
    do {
      try pruneManifests(site.load(), run)
    } catch let error as Interrupted {
      throw error
    } catch {
      run.note("what former rollouts were made of was not removed: \(error)")
    }
  }

  /// The pods of the release that was brought, once the one before is there again.
  private func leavingPods(isSameRevision: Bool) -> LeavingPods {
    LeavingPods(
      of: deployment, "release \(release.revision)", client,
      ClusterSelection(.pod, in: namespace)
    ) { [revision = release.revision] pod in
      // A pod has what its template says; where both say the same, those that go are left.
      TemplateReading(pod).variable(DeploymentSubject.revisionVariable).contains(revision)
        && (!isSameRevision || pod["metadata"]?["deletionTimestamp"] != nil)
    }
  }

  private static func name(_ release: ClusterRelease) -> ReleaseName {
    ReleaseName(revision: release.revision, source: release.image)
  }
}

extension ClusterTarget {
  /// Lets a witness watch what comes of a release that was just brought.
  private func watch(_ release: ClusterRelease, _ generation: Int64, isFormer: Bool) throws {
    watched?.feed.stop()
    let subject = DeploymentSubject(
      name: deployment.name, generation: generation, revision: release.revision,
      isFormer: isFormer)
    let feed = try WitnessFeed(
      subject, policy: WitnessPolicy(grace: policy.grace), of: client, in: namespace,
      secrets: secrets)
    watched = (release.revision, feed)
  }

  /// Waits for the cluster alone: nobody could be asked before it is there.
  private func waitUntilComplete(
    _ run: any RolloutContext, atMost timeout: Duration? = nil
  ) throws {
    let end = timeout.map { run.clock.elapsed() + $0 }
    while let feed = watched?.feed {
      switch feed.observation {
      case .complete: return
      case .failed(let cause): throw PhaseFailure(cause, advice: feed.advice)
      case .progressing, .unheard, .unknown:
        if let timeout, let end, run.clock.elapsed() >= end {
          throw PhaseFailure("not there again within \(DurationText.format(timeout))")
        }
        try run.wait(Self.tick, isHeard: feed.observation.isHeard)
      }
    }
  }

  /// A canary that can not be taken away may not keep the former release from coming back.
  private func endCanary(_ run: any RolloutContext, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as Interrupted {
      throw error
    } catch {
      run.note("the canary was not taken away: \(ErrorReport(error).findings[0].message)")
    }
  }

  /// Ends a first release, where there is nothing to go back to.
  private func takeAway(_ run: any RolloutContext) throws {
    let live = try run.askPatiently { () throws(ClusterFailure) in
      try client.get(.deployment, deployment.name, in: namespace)
    }
    if let live, !isIncoming(live) {
      throw PhaseFailure(
        "Deployment \(deployment.name) is not what this rollout applied; nothing was removed")
    }
    try delivery.takeAway(objects, run)
    try run.changePatiently {
      var state = try site.load()
      if state.putBack(nil, insteadOf: release) { try site.save(state) }
    }
  }

  /// Whether a Deployment's containers are told the revision that this rollout brings.
  private func isIncoming(_ live: JSONValue) -> Bool {
    DeploymentReading(live)?.template.variable(DeploymentSubject.revisionVariable)
      .contains(release.revision) ?? false
  }

  /// Removes what the former release had and this one has not.
  private func removeLeftOver(_ run: any RolloutContext) throws {
    let state = try site.load()
    if let former { try delivery.removeLeftOver(of: former, but: objects, run) }
    try pruneManifests(state, run)
  }

  /// Removes what releases were made of that nobody goes back to.
  private func pruneManifests(
    _ state: RolloutState<ClusterRelease>, _ run: any RolloutContext
  ) throws {
    // The one before as well, for an abort that comes before the end is written down.
    let releases = [state.current, former].compactMap(\.self) + state.former
    let remembered = Set(releases.map(\.number))
    try run.change { _ in
      try site.manifests.prune(before: release.number, keeping: remembered)
    }
  }
}

/// What a cluster did not do, and may do when it is asked again.
protocol PassingFailure: Error {
  /// Whether it may pass by itself.
  var mayPass: Bool { get }
}

extension ClusterFailure: PassingFailure {}
extension HelmFailure: PassingFailure {}

extension RolloutContext {
  /// Waits, for something that is told of while `isHeard`: a bound that is reached while nobody
  /// tells of it says nothing of the release.
  func wait(_ duration: Duration, isHeard: Bool) throws {
    do {
      try wait(duration)
    } catch let failure as PhaseFailure where !isHeard && remaining <= .zero {
      throw PhaseFailure(
        failure.isInconclusive ? failure.cause : "\(failure.cause): nobody tells how it stands",
        isInconclusive: true)
    }
  }

  private static var pause: Duration { .milliseconds(500) }
  private static var conflictPause: Duration { .milliseconds(50) }

  /// Carries out a change that may be made twice: again, while the cluster does not answer, and
  /// where what it was made for changed meanwhile.
  @discardableResult
  func changePatiently<Result>(_ body: () throws -> Result) throws -> Result {
    try askPatiently { try change { _ in try body() } }
  }

  /// Asks something: again, while the cluster does not answer.
  func askPatiently<Result>(_ body: () throws -> Result) throws -> Result {
    let end = clock.elapsed() + patience
    while true {
      do {
        return try body()
      } catch let failure as any PassingFailure where failure.mayPass && clock.elapsed() < end {
        try wait(Self.pause)
      } catch let failure as ClusterFailure
        where failure.reason == .conflict && clock.elapsed() < end
      {
        try wait(Self.conflictPause)
      }
    }
  }
}
