import Core

/// One release of a Deployment: its newest ReplicaSet, and nobody else's pods.
struct DeploymentSubject: WitnessSubject {
  static let kinds: [ResourceKind] = [.deployment, .replicaSet, .pod]
  /// The variable by which a container is told its revision.
  static let revisionVariable = "REVISION"
  /// Pods that were ended one after the other, before it is no accident.
  private static let endedPodsMax = 3

  /// The Deployment's name.
  let name: String
  /// The generation that the release was applied as; what is older is not the release yet.
  let generation: Int64
  /// What the containers of the release are told as `REVISION`; nil where they are told nothing.
  let revision: String?
  /// Whether a former release comes back, which may have had its crashes, long ago.
  let isFormer: Bool

  /// The Deployment that was found, by uid: one of the same name may follow it.
  private var deployment: String?
  /// The ReplicaSet that was found to be the release's.
  private var replicaSet: String?
  /// The replicas with which the release was whole last; nil before it was.
  private var wholeReplicas: Int?
  /// How often containers had ended when a former release was first seen, by pod and container.
  private var past: [String: [String: Int]]?

  init(name: String, generation: Int64, revision: String? = nil, isFormer: Bool = false) {
    self.name = name
    self.generation = generation
    self.revision = revision
    self.isFormer = isFormer
  }

  mutating func judge(_ objects: WitnessedObjects) -> Judgement {
    guard let found = objects.deployments.values.first(where: { $0.object.name == name }) else {
      let isGone = deployment != nil
      return Judgement(
        signs: isGone ? [.mayHeal(.deploymentGone(name), of: name)] : [],
        progress: "no Deployment \(name)")
    }
    deployment = found.object.uid
    guard found.object.generation >= generation else {
      return Judgement(progress: "the change was not seen yet")
    }
    if let other = otherRevision(found.template) {
      return Judgement(signs: [.sound(.superseded(deployment: name, by: other), of: name)])
    }
    guard let newest = newReplicaSet(of: found, objects) else {
      return Judgement(
        signs: controllerSigns(found), owners: [found.object.uid],
        progress: "its ReplicaSet was not seen yet")
    }
    if let replicaSet, replicaSet != newest.object.uid {
      let other = "ReplicaSet \(newest.object.name)"
      return Judgement(signs: [.sound(.superseded(deployment: name, by: other), of: name)])
    }
    replicaSet = newest.object.uid
    return judge(found, newest, objects)
  }

  private mutating func notePast(_ pods: [PodReading]) {
    // Watches tell of one kind after the other: before any pod was seen nothing is past.
    guard isFormer, past == nil, !pods.isEmpty else { return }
    past = Dictionary(
      uniqueKeysWithValues: pods.map { pod in
        let endings = pod.containers.map { ($0.name, $0.endings) }
        return (pod.object.uid, Dictionary(endings) { first, _ in first })
      })
  }

  private mutating func judge(
    _ deployment: DeploymentReading, _ replicaSet: ReplicaSetReading, _ objects: WitnessedObjects
  ) -> Judgement {
    let pods = objects.pods(of: replicaSet.object.uid)
    notePast(pods)
    let past = past ?? [:]
    var judgement = Judgement(pods: pods, owners: [replicaSet.object.uid, deployment.object.uid])
    if isWhole(deployment, replicaSet) { wholeReplicas = deployment.replicas }
    judgement.isComplete = isComplete(deployment, replicaSet)
    judgement.signs =
      refusals(replicaSet) + endedPods(pods, replicaSet)
      + pods.flatMap { pod in
        PodSigns(
          pod: pod, events: objects.events(about: pod.object.uid),
          othersAreWell: pods.contains { $0.object.uid != pod.object.uid && $0.isReady },
          forgiven: past[pod.object.uid] ?? [:]
        ).all
      }
    let others = controllerSigns(deployment)
    // What kept it from making progress says more than that it made none.
    if others.contains(where: { $0.weight == .sound }), let first = judgement.signs.first {
      judgement.signs = [.sound(first.cause, of: first.subject)]
    } else {
      judgement.signs += others
    }
    let old = max(0, deployment.existing - deployment.updated)
    judgement.progress =
      "\(replicaSet.available) of \(counted(deployment.replicas, "new pod")) available"
      + (old > 0 ? ", \(counted(old, "old pod")) left" : "")
    return judgement
  }

  /// Whether every pod is of the release, and so many are available as once were, or as are wanted
  /// where those are fewer: an autoscaler that adds some is no step back.
  private func isComplete(_ deployment: DeploymentReading, _ replicaSet: ReplicaSetReading) -> Bool
  {
    guard let wholeReplicas else { return false }
    let enough = min(wholeReplicas, deployment.replicas)
    return deployment.existing == deployment.updated && deployment.available >= enough
      && replicaSet.available >= enough
  }

  /// Whether the controller has seen all, every pod is of the release, and every one is available.
  private func isWhole(_ deployment: DeploymentReading, _ replicaSet: ReplicaSetReading) -> Bool {
    deployment.observedGeneration >= deployment.object.generation
      && deployment.updated == deployment.replicas && deployment.existing == deployment.updated
      && deployment.available >= deployment.replicas
      && replicaSet.replicas == deployment.replicas
      && replicaSet.available >= deployment.replicas
  }

  /// What the containers are told to be, where that is another release.
  private func otherRevision(_ template: TemplateReading) -> String? {
    guard let revision else { return nil }
    let told = template.variable(Self.revisionVariable)
    return told.isEmpty || told.contains(revision) ? nil : "revision \(told[0])"
  }

  /// The ReplicaSet of the Deployment's template.
  ///
  /// Templates are compared as the controller compares them, so that it is found as soon as it is
  /// there, in whatever order changes come. Where none agrees the controller's own number tells,
  /// once the controller has seen the change.
  private func newReplicaSet(
    of deployment: DeploymentReading, _ objects: WitnessedObjects
  ) -> ReplicaSetReading? {
    let own = objects.replicaSets.values
      .filter { $0.object.controller == deployment.object.uid }
      .sorted { ($0.object.createdAt, $0.object.name) < ($1.object.createdAt, $1.object.name) }
    if let same = own.first(where: { $0.template == deployment.template }) { return same }
    guard deployment.observedGeneration >= deployment.object.generation,
      let number = deployment.revision
    else { return nil }
    // Where old pods go before new ones come, the old ReplicaSet has that number for a while.
    return own.first { $0.revision == number && otherRevision($0.template) == nil }
  }

  /// What the Deployment's controller says against it.
  private func controllerSigns(_ deployment: DeploymentReading) -> [Sign] {
    var signs: [Sign] = []
    if deployment.isPaused { signs.append(.mayHeal(.paused(deployment: name), of: name)) }
    guard deployment.observedGeneration >= deployment.object.generation,
      let progressing = deployment.conditions["Progressing"], progressing.holds == false
    else { return signs }
    switch progressing.reason {
    case "ProgressDeadlineExceeded":
      signs.append(
        .sound(.progressDeadline(deployment: name, said: progressing.message), of: name))
    case "ReplicaSetCreateError", "FailedCreate":
      let (cause, _) = PlatformText.refusal(progressing.message, of: "Deployment \(name)")
      signs.append(.mayHeal(cause, of: name))
    default: break
    }
    return signs
  }

  private func refusals(_ replicaSet: ReplicaSetReading) -> [Sign] {
    guard let failure = replicaSet.conditions["ReplicaFailure"], failure.holds == true else {
      return []
    }
    let owner = "ReplicaSet \(replicaSet.object.name)"
    let (cause, mayHeal) = PlatformText.refusal(failure.message, of: owner)
    return [
      mayHeal
        ? .mayHeal(cause, of: replicaSet.object.uid) : .sound(cause, of: replicaSet.object.uid)
    ]
  }

  /// Pods that the cluster ended: one is replaced and forgotten, a row of them is not.
  private func endedPods(_ pods: [PodReading], _ replicaSet: ReplicaSetReading) -> [Sign] {
    let ended = pods.filter { $0.phase == "Failed" && !$0.reason.isEmpty && !$0.object.isLeaving }
    guard let last = ended.last, replicaSet.available < replicaSet.replicas else { return [] }
    let living = pods.filter { $0.phase != "Failed" && !$0.object.isLeaving }
    guard living.count < replicaSet.replicas || ended.count >= Self.endedPodsMax else { return [] }
    let place = Cause.Place(pod: last.object.name, node: last.node)
    return [
      .mayHeal(
        .podEnded(place, reason: last.reason, said: last.message), of: replicaSet.object.uid)
    ]
  }
}
