import Core
import JSON

@testable import Ops

/// A cluster with a Deployment, and at times a canary's: their controller, their ReplicaSets, the
/// nodes, and the endpoints of the service.
///
/// Time passes in steps; all that happens in a step follows from the seed. What changes is told to
/// the watches as JSON, in the form of the API.
///
/// One thread runs a simulation from its beginning to its end.
final class SimulatedCluster: @unchecked Sendable {
  /// Time between two rounds of all controllers.
  static let step: Duration = .milliseconds(100)
  /// How long a pod must have been ready to be available.
  static let minReady: Duration = .seconds(2)

  private(set) var now: Duration = .zero
  var generator: SeededGenerator
  var deployment: SimulatedDeployment?
  var canary: SimulatedDeployment?
  /// The Job that brings the schema up.
  private(set) var job: SimulatedJob?
  /// Where a Gateway leads requests to; nil where the Service takes any pod.
  private var backends: [SimulatedBackend]?
  /// What a Gateway has been told and has not heard.
  private var routes: [(at: Duration, backends: [SimulatedBackend]?)] = []
  /// Whether the Deployment lost the number of its replicas though they served.
  private(set) var lostReplicas = false
  var replicaSets: [SimulatedReplicaSet] = []
  var pods: [SimulatedPod] = []
  var watches: [SimulatedWatch] = []
  /// When the trouble of releases ends that have some.
  var troubleEnds: Duration = .zero
  /// Replicas that an autoscaler will want, and when.
  var autoscaling: [(at: Duration, replicas: Int)] = []
  /// When an old pod fails, though no client notices.
  var oldPodsCrash: [Duration] = []
  /// When the release was last complete, by what is true and not by what is seen.
  private(set) var completeAt: (revision: String, at: Duration)?
  /// With how many replicas it was so last.
  private var whole: (revision: String, replicas: Int)?

  private var count = 0
  var observeAt: Duration?
  var canaryObserveAt: Duration?
  private var evictions = 0
  private var crashes = 0
  private var told: [String: SimulatedObject] = [:]

  init(_ generator: SeededGenerator) { self.generator = generator }

  // MARK: What people and tools do

  /// Applies a release; its generation.
  @discardableResult
  func apply(_ release: SimulatedRelease, replicas: Int?) -> Int64 {
    if var deployment {
      let replicas = replicas ?? deployment.replicas
      if deployment.release != release || deployment.replicas != replicas {
        (deployment.release, deployment.replicas) = (release, replicas)
        deployment.generation += 1
      }
      self.deployment = deployment
    } else {
      deployment = SimulatedDeployment(
        uid: uid("deployment"), release: release, replicas: replicas ?? 1)
    }
    observeAt = now + generator.milliseconds(50...500)
    tell()
    return deployment?.generation ?? 0
  }

  /// The Deployment is left with what the API takes where nobody says how many.
  func loseReplicas() {
    guard var deployment, deployment.replicas != 1 else { return }
    lostReplicas = true
    deployment.replicas = 1
    deployment.generation += 1
    self.deployment = deployment
  }

  /// Tells the Gateway where requests go, which it hears after a while.
  func route(_ backends: [SimulatedBackend]?) {
    routes.append((now + generator.milliseconds(0...2500), backends))
  }

  func startJob(_ name: String) {
    job = SimulatedJob(
      name: name, uid: uid("job"), endsAt: now + generator.milliseconds(500...8000))
    tell()
  }

  func endJob() {
    job = nil
    tell()
  }

  /// Makes a canary, or gives it another number of pods; its generation.
  @discardableResult
  func bringCanary(_ release: SimulatedRelease, replicas: Int) -> Int64 {
    if var canary {
      if canary.replicas != replicas || canary.release != release { canary.generation += 1 }
      (canary.replicas, canary.release) = (replicas, release)
      self.canary = canary
    } else {
      canary = SimulatedDeployment(
        name: "slipway-canary", uid: uid("deployment"), release: release, replicas: replicas)
    }
    canaryObserveAt = now + generator.milliseconds(50...500)
    tell()
    return canary?.generation ?? 0
  }

  /// Deletes the canary and all that is its own.
  func deleteCanary() {
    guard let uid = canary?.uid else { return }
    let sets = Set(replicaSets.filter { $0.owner == uid }.map(\.uid))
    canary = nil
    replicaSets.removeAll { $0.owner == uid }
    for index in pods.indices where sets.contains(pods[index].replicaSet) {
      pods[index].leavesAt = pods[index].leavesAt ?? now
    }
    tell()
  }

  /// Deletes everything.
  func delete() {
    deployment = nil
    canary = nil
    replicaSets = []
    for index in pods.indices where pods[index].leavesAt == nil { pods[index].leavesAt = now }
    tell()
  }

  /// Lets time pass until the Deployment is as it is to be.
  func settle() {
    let end = now + .seconds(120)
    while now < end, !isComplete { advance() }
  }

  // MARK: Time

  /// One round of all controllers.
  func advance() {
    now += Self.step
    autoscale()
    crashOldPods()
    while let next = routes.first, next.at <= now {
      backends = next.backends
      routes.removeFirst()
    }
    if let job, now >= job.endsAt { self.job?.isComplete = true }
    control()
    replicate()
    var events: [SimulatedEvent] = []
    for index in pods.indices {
      var pod = pods[index]
      events += pod.step(to: now, self)
      pods[index] = pod
    }
    pods.removeAll(where: \.isGone)
    report()
    tell(events)
    noteCompleteness()
  }

  /// Pods that an autoscaler adds to a release that was whole make it no less so.
  private func noteCompleteness() {
    guard let deployment else { return }
    let revision = deployment.release.revision
    if isComplete { whole = (revision, deployment.replicas) }
    guard let whole, whole.revision == revision,
      deployment.observedGeneration == deployment.generation,
      living(of: deployment).allSatisfy({ $0.release == deployment.release }),
      deployment.available >= min(whole.replicas, deployment.replicas)
    else { return }
    completeAt = (revision, now)
  }

  /// Writes into status what is.
  private func report() {
    for index in replicaSets.indices {
      replicaSets[index].available = available(of: replicaSets[index].uid)
    }
    deployment = deployment.map(counted)
    canary = canary.map(counted)
  }

  private func counted(_ deployment: SimulatedDeployment) -> SimulatedDeployment {
    var deployment = deployment
    let living = living(of: deployment)
    deployment.existing = living.count
    deployment.updated = living.count { $0.release == deployment.release }
    deployment.available = sets(of: deployment).reduce(0) { $0 + replicaSets[$1].available }
    return deployment
  }

  private func living(of deployment: SimulatedDeployment) -> [SimulatedPod] {
    let owned = Set(sets(of: deployment).map { replicaSets[$0].uid })
    return pods.filter { owned.contains($0.replicaSet) && !$0.isLeaving && !$0.wasEvicted }
  }

  private func available(of uid: String) -> Int {
    pods.count {
      $0.replicaSet == uid && !$0.isLeaving && $0.isReady
        && now - ($0.readySince ?? now) >= Self.minReady
    }
  }

  // MARK: What is true

  /// Whether every pod is of the Deployment's release and available.
  var isComplete: Bool {
    guard let deployment, deployment.observedGeneration == deployment.generation else {
      return false
    }
    let living = living(of: deployment)
    return living.count == deployment.replicas
      && living.allSatisfy {
        $0.release == deployment.release && $0.isReady
          && now - ($0.readySince ?? now) >= Self.minReady
      }
  }

  /// Whether nothing more happens but by what is there.
  var hasNoPlans: Bool { autoscaling.isEmpty && oldPodsCrash.isEmpty }

  /// The pods that clients reach.
  var endpoints: [SimulatedPod] { pods.filter { $0.isReady && !$0.isLeaving } }

  /// Whether a pod is a canary's, by its name: its Deployment may be gone before it.
  func isOfCanary(_ pod: SimulatedPod) -> Bool { pod.name.hasPrefix("slipway-canary-") }

  /// The pods of a canary, as a list gives them.
  var canaryPods: [JSONValue] {
    pods.filter { isOfCanary($0) }.map { SimulatedObject.pod($0).json }
  }

  /// The pod that a request comes to, nil where it comes to none.
  func takes(_ generator: inout SeededGenerator) -> SimulatedPod? {
    guard let backends else { return endpoints.randomElement(using: &generator) }
    var place = Int.random(in: 0..<max(1, backends.reduce(0) { $0 + $1.weight }), using: &generator)
    let backend = backends.first {
      place -= $0.weight
      return place < 0
    }
    guard let backend, backend.exists else { return nil }
    return endpoints.filter { pod in
      if backend.isOfCanary { return isOfCanary(pod) }
      return backend.hash.map { SimulatedReplicaSet.hash(of: pod.replicaSet) == $0 } ?? true
    }.randomElement(using: &generator)
  }

  /// One pod of a release that was well may end, once another one is well.
  func mayCrashOnce(_ pod: SimulatedPod, _ ran: Duration) -> Bool {
    guard crashes == 0, !pod.isReady, ran >= .milliseconds(200),
      pods.contains(where: { $0.uid != pod.uid && $0.replicaSet == pod.replicaSet && $0.isReady })
    else { return false }
    crashes += 1
    return true
  }

  func mayEvict(_ pod: SimulatedPod, _ ran: Duration) -> Bool {
    guard evictions == 0, !pod.isReady, ran >= .milliseconds(200) else { return false }
    evictions += 1
    return true
  }

  func uid(_ kind: String) -> String {
    count += 1
    return "\(kind)-\(1000 + count)"
  }

  // MARK: What watches are told

  /// Tells of every object that is not as it was told last.
  private func tell(_ events: [SimulatedEvent] = []) {
    var objects: [SimulatedObject] = pods.map { .pod($0) }
    objects += [deployment, canary].compactMap(\.self).map { .deployment($0) }
    objects += replicaSets.map { .replicaSet($0) }
    if let job { objects.append(.job(job)) }
    for object in objects where told[object.uid] != object {
      told[object.uid] = object
      send(.updated(object.kind, object.json))
    }
    if told.count > objects.count {
      let known = Set(objects.map(\.uid))
      for (uid, object) in told.sorted(by: { $0.key < $1.key }) where !known.contains(uid) {
        told[uid] = nil
        send(.deleted(object.kind, object.json))
      }
    }
    for event in events { send(.updated(.event, event.json(uid: uid("event")))) }
  }

  private func send(_ change: ClusterChange) {
    for watch in watches { watch.take(change, at: now) }
  }

  /// All objects of a kind, as a list gives them.
  func list(_ kind: ResourceKind) -> [JSONValue] {
    told.values.filter { $0.kind == kind }.sorted { $0.uid < $1.uid }.map(\.json)
  }
}
