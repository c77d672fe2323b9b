@testable import Ops

/// The real subject with a mistake in it.
struct MutatedSubject: WitnessSubject {
  static let kinds = DeploymentSubject.kinds

  private let mutation: Mutation
  private var real: DeploymentSubject

  init(
    _ mutation: Mutation, _ generation: Int64, _ release: SimulatedRelease, isFormer: Bool
  ) {
    self.mutation = mutation
    real = DeploymentSubject(
      name: "slipway", generation: generation, revision: release.revision, isFormer: isFormer)
  }

  mutating func judge(_ objects: WitnessedObjects) -> Judgement {
    var judgement = real.judge(objects)
    switch mutation {
    case .judgesOldPods:
      judgement.signs += objects.pods.values.flatMap { pod in
        PodSigns(pod: pod, events: objects.events(about: pod.object.uid), othersAreWell: true).all
      }
    case .hasNoPatience:
      judgement.signs = judgement.signs.map { .sound($0.cause, of: $0.subject) }
    case .forgivesClients, .leavesNothing, .countsNoSleep, .waitsForEver: break
    }
    return judgement
  }
}
