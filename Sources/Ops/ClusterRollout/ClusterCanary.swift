import Core
import JSON

/// Tries a release of a cluster beside the one that serves, by a Deployment of its own.
///
/// What serves is not touched: its Deployment, its pods and their number stay as they are, so that
/// a canary that fails takes nothing with it when it goes.
final class ClusterCanary: RolloutCanary {
  private static let tick: Duration = .milliseconds(250)
  /// How long a Gateway has to hear of Services and weights; none says when it has.
  private static let routeDelay: Duration = .seconds(3)

  let objects: CanaryObjects
  let steps: [RolloutStep]
  private let revision: String
  private let grace: Duration
  private let client: ClusterClient
  private let lease: ClusterLease
  private let secrets: GivenSecrets
  private let environment: String
  private var feed: WitnessFeed<DeploymentSubject>?

  init(
    _ objects: CanaryObjects, revision: String, steps: [RolloutStep], grace: Duration,
    client: ClusterClient, lease: ClusterLease, secrets: GivenSecrets, environment: String
  ) {
    self.objects = objects
    self.environment = environment
    self.revision = revision
    self.grace = grace
    (self.client, self.lease, self.secrets) = (client, lease, secrets)
    let isRecreated = objects.deployment.json["spec"]?["strategy"]?["type"]?.text == "Recreate"
    // Two pods would write to one file.
    self.steps = isRecreated ? [] : steps
  }

  deinit { feed?.stop() }

  /// How requests are shared, as the objects say it.
  var form: CanaryForm { objects.route == nil ? .pods : .route }

  private var namespace: String? { objects.deployment.namespace }

  /// The pods of all releases, nil while there is no canary.
  var replicas: [ReplicaCount]? { feed?.replicas }

  func observe() -> PlatformObservation { feed?.observation ?? .progressing }

  var advice: CauseAdvice? { feed?.advice }

  func evidence() -> [RolloutEvidence] { feed?.evidence() ?? [] }

  func bring(_ step: RolloutStep, _ run: any RolloutContext) throws -> String {
    let stable = try stablePods(run)
    let route = try liveRoute(run)
    let form: CanaryForm = route == nil ? .pods : .route
    let pods = form.pods(for: step.weight, beside: stable)
    try bringNeeded(run)
    try bring(pods: pods, weight: step.weight, run)
    if let route { try weigh(step.weight, route, run) }
    return "\(counted(pods, "pod")) beside \(stable), "
      + "\(form.share(of: step.weight, beside: stable)) % of requests"
  }

  /// Hands requests to all pods alike again, before what serves is replaced.
  func mix(_ run: any RolloutContext) throws {
    guard let route = try liveRoute(run), objects.leadsToCanary(route) else { return }
    try patchRoute(run) { objects.plainRules($0) }
    try run.wait(Self.routeDelay)
  }

  /// Keeps requests from its pods and lets them go, without waiting until they are gone; whether
  /// there was any of it.
  @discardableResult
  func withdraw(_ run: any RolloutContext) throws -> Bool {
    let canary = try run.askPatiently { () throws(ClusterFailure) in
      try client.get(.deployment, objects.name, in: namespace)
    }
    let route = try liveRoute(run)
    let isWeighed = route.map(objects.leadsToCanary) ?? false
    if isWeighed {
      try patchRoute(run) { objects.rules($0, weight: 0) }
      try run.wait(Self.routeDelay)
    }
    if canary != nil { try delete(.deployment, objects.name, run) }
    feed?.stop()
    feed = nil
    return canary != nil || isWeighed
  }

  @discardableResult
  func end(_ run: any RolloutContext) throws -> Bool {
    let wasThere = try withdraw(run)
    // Its pods may be there longer than it.
    let hadPods = try LeavingPods(
      of: objects.deployment, "the canary", client,
      ClusterSelection(.pod, in: namespace, labels: objects.selector)
    ).waitUntilGone(run)
    for policy in objects.policies { try delete(policy.kind, policy.name, run) }
    guard try liveRoute(run) != nil, try hasServices(run) else { return wasThere || hadPods }
    try mix(run)
    for name in [objects.name, objects.stableName] { try delete(.service, name, run) }
    return true
  }
}

extension ClusterCanary {
  /// Brings what its pods need beside their Deployment.
  ///
  /// What is there is that of what serves, which the preflight looked at.
  private func bringNeeded(_ run: any RolloutContext) throws {
    for object in try objects.needed.filter({ try !isThere($0, run) }) + objects.policies {
      try run.changePatiently { () throws(ClusterFailure) in
        try lease.apply(object, by: client)
      }
    }
    // A pod that comes before its Secret is no fault of its release.
    try Prerequisites(
      secrets: objects.secrets, objects: objects.needed, isFirst: false, client: client,
      namespace: namespace ?? "", environment: environment
    ).waitUntilThere(run)
  }

  private func isThere(_ object: ClusterObject, _ run: any RolloutContext) throws -> Bool {
    try run.askPatiently { () throws(ClusterFailure) in
      try client.get(object.kind, object.name, in: object.namespace) != nil
    }
  }

  /// Brings its pods up, and waits until the platform says that all of them run.
  private func bring(pods: Int, weight: Int, _ run: any RolloutContext) throws {
    guard let empty = objects.deployment(pods: 0, weight: weight),
      let deployment = objects.deployment(pods: pods, weight: weight)
    else { return }
    if try !isThere(empty, run) {
      // One that is made late, after another run took the canary away, must bring no pods back.
      try run.changePatiently { () throws(ClusterFailure) in
        try lease.apply(empty, by: client)
      }
    }
    let applied = try run.changePatiently { () throws(ClusterFailure) in
      try lease.apply(deployment, by: client)
    }
    feed?.stop()
    let subject = DeploymentSubject(
      name: objects.name, generation: applied["metadata"]?["generation"]?.number ?? 0,
      revision: revision)
    let feed = try WitnessFeed(
      subject, policy: WitnessPolicy(grace: grace), of: client, in: namespace ?? "",
      secrets: secrets)
    self.feed = feed
    while feed.observation != .complete {
      if case .failed(let cause) = feed.observation {
        throw PhaseFailure(cause, advice: feed.advice)
      }
      try run.wait(Self.tick, isHeard: feed.observation.isHeard)
    }
  }

  /// How many pods serve beside it, whoever decides their number.
  private func stablePods(_ run: any RolloutContext) throws -> Int {
    let live = try run.askPatiently { () throws(ClusterFailure) in
      try client.get(.deployment, objects.deployment.name, in: namespace)
    }
    guard let live, let reading = DeploymentReading(live) else {
      throw PhaseFailure("the Deployment \(objects.deployment.name) is gone")
    }
    return reading.replicas
  }

  /// The route as it is, nil where no Gateway weighs.
  private func liveRoute(_ run: any RolloutContext) throws -> JSONValue? {
    guard let route = objects.route, objects.service != nil else { return nil }
    return try run.askPatiently { () throws(ClusterFailure) in
      try client.get(.httpRoute, route.name, in: route.namespace)
    }
  }

  /// Makes the Gateway hand over so much to the canary.
  private func weigh(_ weight: Int, _ route: JSONValue, _ run: any RolloutContext) throws {
    let services = [objects.canaryService, objects.stableService(hash: try stableHash(run))]
    for service in services.compactMap(\.self) {
      try run.changePatiently { () throws(ClusterFailure) in
        try lease.apply(service, by: client)
      }
    }
    // A Gateway answers 500 for a Service that it does not know yet.
    if !objects.leadsToCanary(route) { try run.wait(Self.routeDelay) }
    try patchRoute(run) { objects.rules($0, weight: weight) }
    try run.wait(Self.routeDelay)
  }

  /// Gives the route other rules, made of those that it has.
  private func patchRoute(
    _ run: any RolloutContext, _ rules: (JSONValue) -> JSONValue
  ) throws {
    guard let route = objects.route else { return }
    try run.changePatiently {
      guard let live = try client.get(.httpRoute, route.name, in: route.namespace) else { return }
      try lease.patch(route, live, rules(live), by: client)
    }
  }

  /// What the pods that serve have and a canary's have not: the hash of their template.
  private func stableHash(_ run: any RolloutContext) throws -> String {
    let live = try run.askPatiently { () throws(ClusterFailure) in
      try client.get(.deployment, objects.deployment.name, in: namespace)
    }
    let owner = live.flatMap { ObjectReading($0) }?.uid
    let sets = try run.askPatiently { () throws(ClusterFailure) in
      try client.list(ClusterSelection(.replicaSet, in: namespace)).items
    }
    .compactMap { ReplicaSetReading($0) }
    .filter { $0.object.controller == owner && $0.replicas > 0 }
    guard sets.count == 1, let hash = sets[0].object.labels[CanaryObjects.hashLabel] else {
      throw PhaseFailure(
        "the Deployment \(objects.deployment.name) has pods of "
          + "\(counted(sets.count, "ReplicaSet")), so that nobody can weigh them against a canary")
    }
    return hash
  }

  private func hasServices(_ run: any RolloutContext) throws -> Bool {
    for name in [objects.name, objects.stableName]
    where try run.askPatiently({ () throws(ClusterFailure) in
      try client.get(.service, name, in: namespace)
    }) != nil { return true }
    return false
  }

  private func delete(
    _ kind: ResourceKind, _ name: String, _ run: any RolloutContext
  ) throws {
    do {
      try run.changePatiently {
        try lease.delete(kind, name, in: namespace, by: client)
      }
    } catch let failure as ClusterFailure where failure.reason == .forbidden {
      run.note("\(kind.kind) \(name) is left where it is: \(failure.words)")
    }
  }
}
