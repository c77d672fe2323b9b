import Core
import JSON

/// Pods that are to go: clients may meet them until the last one has finished what it began.
struct LeavingPods {
  private static let tick: Duration = .milliseconds(250)
  /// How long pods may take to be gone beyond the time that they are given.
  private static let margin: Duration = .seconds(30)
  /// What a pod is given that says nothing of it.
  ///
  /// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
  private static let graceDefault: Int64 = 30

  private let deployment: ClusterObject
  /// Whose pods they are, for people.
  private let owner: String
  private let client: ClusterClient
  private let selection: ClusterSelection
  private let areMeant: (JSONValue) -> Bool

  /// Those of `selection` that `areMeant`, made by `deployment`.
  init(
    of deployment: ClusterObject, _ owner: String, _ client: ClusterClient,
    _ selection: ClusterSelection, areMeant: @escaping (JSONValue) -> Bool = { _ in true }
  ) {
    (self.deployment, self.owner, self.client) = (deployment, owner, client)
    (self.selection, self.areMeant) = (selection, areMeant)
  }

  /// Waits for the last of them, for as long as they are given and a little more; whether there
  /// were any.
  @discardableResult
  func waitUntilGone(_ run: any RolloutContext) throws -> Bool {
    let pod = deployment.json["spec"]?["template"]?["spec"]
    let given = pod?["terminationGracePeriodSeconds"]?.number ?? Self.graceDefault
    let end = run.clock.elapsed() + .seconds(given) + Self.margin
    var hadPods = false
    while try areThere(run) {
      hadPods = true
      if run.clock.elapsed() >= end {
        run.note("pods of \(owner) are still there after their grace")
        break
      }
      try run.wait(Self.tick)
    }
    return hadPods
  }

  private func areThere(_ run: any RolloutContext) throws -> Bool {
    try run.askPatiently { () throws(ClusterFailure) in try client.list(selection).items }
      .contains { Self.mayServe($0) && areMeant($0) }
  }

  /// Whether a pod has not come to its end: one that was evicted stays for a while.
  private static func mayServe(_ pod: JSONValue) -> Bool {
    !["Failed", "Succeeded"].contains(pod["status"]?["phase"]?.text)
  }
}
