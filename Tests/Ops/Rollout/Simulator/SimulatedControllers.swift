import Core

@testable import Ops

/// What works on the objects of a simulated cluster: an autoscaler, and the controllers of
/// Deployments and of ReplicaSets.
extension SimulatedCluster {
  func autoscale() {
    guard let next = autoscaling.first, next.at <= now else { return }
    autoscaling.removeFirst()
    guard var deployment, deployment.replicas != next.replicas else { return }
    deployment.replicas = next.replicas
    deployment.generation += 1
    self.deployment = deployment
    observeAt = now + generator.milliseconds(50...500)
  }

  func crashOldPods() {
    guard let next = oldPodsCrash.first, next <= now else { return }
    oldPodsCrash.removeFirst()
    guard let release = deployment?.release,
      let index = pods.firstIndex(where: {
        $0.release != release && $0.isReady && !$0.isLeaving && !isOfCanary($0)
      }),
      endpoints.count > 1
    else { return }
    for _ in 0..<3 {
      pods[index].end(1, "Error", now)
      pods[index].restarts += 1
    }
  }

  /// The Deployments' controller: one pod more than wanted, and none less that is available.
  func control() {
    if var deployment {
      if let observeAt, now >= observeAt {
        self.observeAt = nil
        observe(&deployment)
      }
      self.deployment = deployment
      scale(deployment)
    }
    if var canary {
      if let canaryObserveAt, now >= canaryObserveAt {
        self.canaryObserveAt = nil
        observe(&canary)
      }
      self.canary = canary
      scale(canary)
    }
  }

  /// The ReplicaSets of a Deployment, by their places.
  func sets(of deployment: SimulatedDeployment) -> [Int] {
    replicaSets.indices.filter { replicaSets[$0].owner == deployment.uid }
  }

  private func observe(_ deployment: inout SimulatedDeployment) {
    deployment.observedGeneration = deployment.generation
    if !sets(of: deployment).contains(where: { replicaSets[$0].release == deployment.release }) {
      let uid = uid("replicaset")
      replicaSets.append(
        SimulatedReplicaSet(
          name: "\(deployment.name)-\(deployment.release.revision)", uid: uid,
          owner: deployment.uid, release: deployment.release, createdAt: now, revision: 0))
    }
    let sets = sets(of: deployment)
    let newest = sets.map { replicaSets[$0].revision }.max() ?? 0
    for index in sets
    where replicaSets[index].release == deployment.release && replicaSets[index].revision < newest
      || replicaSets[index].revision == 0
    {
      replicaSets[index].revision = newest + 1
      deployment.revision = newest + 1
    }
  }

  private func scale(_ deployment: SimulatedDeployment) {
    let sets = sets(of: deployment)
    guard let new = sets.first(where: { replicaSets[$0].release == deployment.release }) else {
      return
    }
    let total = sets.reduce(0) { $0 + replicaSets[$1].replicas }
    let owned = Set(sets.map { replicaSets[$0].uid })
    if replicaSets[new].replicas > deployment.replicas {
      replicaSets[new].replicas = deployment.replicas
    } else {
      let room = max(0, deployment.replicas + 1 - total)
      let missing = deployment.replicas - replicaSets[new].replicas
      // Without old pods there is nothing to be careful of.
      replicaSets[new].replicas += sets.count == 1 ? missing : min(room, missing)
    }
    var spare =
      pods.count {
        owned.contains($0.replicaSet) && $0.isReady && !$0.isLeaving
          && now - ($0.readySince ?? now) >= Self.minReady
      } - deployment.replicas
    for index in sets where index != new && replicaSets[index].replicas > 0 {
      let own = pods.filter { $0.replicaSet == replicaSets[index].uid && !$0.isLeaving }
      // Those that could not be made are unready as well.
      let unready = max(0, replicaSets[index].replicas - own.count(where: \.isReady))
      let fewer = min(replicaSets[index].replicas, unready + max(0, spare))
      // Pods that are not ready cost nobody anything; the old release keeps one that is.
      replicaSets[index].replicas -= fewer
      spare -= max(0, fewer - unready)
    }
  }

  /// The ReplicaSets' controller.
  func replicate() {
    for index in replicaSets.indices {
      let own = pods.filter {
        $0.replicaSet == replicaSets[index].uid && !$0.isLeaving && !$0.wasEvicted
      }
      let missing = replicaSets[index].replicas - own.count
      if missing > 0 {
        replicaSets[index].failure = refusal(replicaSets[index])
        if replicaSets[index].failure == nil {
          for _ in 0..<missing { makePod(of: replicaSets[index]) }
        }
      } else if missing < 0 {
        let leaving = own.sorted { !$0.isReady && $1.isReady }.prefix(-missing).map(\.uid)
        for pod in pods.indices where leaving.contains(pods[pod].uid) { pods[pod].leavesAt = now }
      }
      if missing <= 0 { replicaSets[index].failure = nil }
    }
  }

  private func refusal(_ replicaSet: SimulatedReplicaSet) -> String? {
    switch replicaSet.release.conduct {
    case .quotaUsedUp: "pods \"x\" is forbidden: exceeded quota: pods"
    case .quotaForAWhile where now < troubleEnds: "pods \"x\" is forbidden: exceeded quota: pods"
    case .forbidden: "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\""
    default: nil
    }
  }

  private func makePod(of replicaSet: SimulatedReplicaSet) {
    let ready =
      replicaSet.release.conduct == .slow
      ? generator.milliseconds(20_000...50_000) : generator.milliseconds(300...4000)
    let uid = uid("pod")
    pods.append(
      SimulatedPod(
        name: "\(replicaSet.name)-\(uid.suffix(4))", uid: uid, replicaSet: replicaSet.uid,
        release: replicaSet.release, createdAt: now,
        startsAfter: generator.milliseconds(300...2500), readyAfter: ready))
  }
}
