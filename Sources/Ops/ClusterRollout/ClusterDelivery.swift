import Core
import JSON

/// How the objects of a release come to a cluster, and how they go again.
///
/// When each is done, and what comes of it, is the business of `ClusterTarget`. Every method may be
/// called again after an interruption, and every change is made while the lock is held.
protocol ClusterDelivery {
  var client: ClusterClient { get }
  var lease: ClusterLease { get }
  /// Who writes what it brings, as the API keeps it.
  var fieldManager: String { get }
  /// How people call it.
  var shown: String { get }
  /// How somebody makes a Deployment that no rollout brought one that can be gone back to.
  var adoption: String { get }
  /// What can be known of it beforehand; changes nothing.
  func checks(of target: ClusterTarget) throws -> [PreflightCheck]
  /// Applies one object ahead of all others.
  func apply(_ object: ClusterObject, _ run: any RolloutContext) throws
  /// Brings all of a release but its Job; the generation of its Deployment.
  func bring(
    _ release: ClusterRelease, _ objects: [ClusterObject], _ run: any RolloutContext
  ) throws -> Int64
  /// Puts `former` in the place of a release of `objects`; the generation of its Deployment.
  func putBack(
    _ former: ClusterRelease, over objects: [ClusterObject], _ run: any RolloutContext
  ) throws -> Int64
  /// Takes a first release of `objects` away, and leaves what holds data.
  func takeAway(_ objects: [ClusterObject], _ run: any RolloutContext) throws
  /// Removes what `former` had and the release of `objects` has not.
  func removeLeftOver(
    of former: ClusterRelease, but objects: [ClusterObject], _ run: any RolloutContext) throws
}

/// Applies the objects of an overlay, each by a call of its own.
struct KustomizeDelivery: ClusterDelivery {
  let client: ClusterClient
  let manifests: ClusterManifests

  var lease: ClusterLease { manifests.lease }
  let fieldManager = ClusterClient.fieldManager
  let shown = "server-side apply"
  let adoption = "or bring it by kubectl apply"

  func checks(of target: ClusterTarget) -> [PreflightCheck] { [] }

  func apply(_ object: ClusterObject, _ run: any RolloutContext) throws {
    _ = try applied(object, run)
  }

  func bring(
    _ release: ClusterRelease, _ objects: [ClusterObject], _ run: any RolloutContext
  ) throws -> Int64 {
    for object in objects where !object.isMigration && object.kind != .deployment {
      try apply(object, run)
    }
    var generation: Int64 = 0
    for object in objects where object.kind == .deployment {
      try handReplicasOver(object, run)
      generation = try applied(object, run)["metadata"]?["generation"]?.number ?? 0
    }
    return generation
  }

  func putBack(
    _ former: ClusterRelease, over objects: [ClusterObject], _ run: any RolloutContext
  ) throws -> Int64 {
    guard let before = try run.askPatiently({ try manifests.load(former.number) }) else {
      throw PhaseFailure("the objects of release \(former.revision) are not kept any more")
    }
    let generation = try bring(former, before, run)
    // A policy or an autoscaler of the new release alone would go on ruling the old one.
    try remove(objects, but: before, run)
    return generation
  }

  func takeAway(_ objects: [ClusterObject], _ run: any RolloutContext) throws {
    try remove(objects.filter(\.followsMigration), but: [], run)
  }

  func removeLeftOver(
    of former: ClusterRelease, but objects: [ClusterObject], _ run: any RolloutContext
  ) throws {
    guard let before = try manifests.load(former.number) else { return }
    try remove(before, but: objects, run)
  }

  private func applied(_ object: ClusterObject, _ run: any RolloutContext) throws -> JSONValue {
    try run.check()
    return try run.changePatiently { () throws(ClusterFailure) in
      try lease.apply(object, by: client)
    }
  }
}

extension ClusterDelivery {
  /// Lets the replicas of a Deployment stay as they are where its object says nothing of them any
  /// more, because an autoscaler is to.
  ///
  /// A field that whoever applied it leaves out is removed, which would mean one replica until the
  /// autoscaler comes round; one that somebody else has applied as well stays.
  /// https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership
  func handReplicasOver(_ object: ClusterObject, _ run: any RolloutContext) throws {
    guard object.json["spec"]?["replicas"] == nil else { return }
    try run.changePatiently {
      let found = try client.get(object.kind, object.name, in: object.namespace)
      guard let live = found, let replicas = live["spec"]?["replicas"],
        FieldOwners(live).apply(["f:spec", "f:replicas"])
      else { return }
      let share: JSONValue = [
        "apiVersion": .string(object.kind.apiVersion), "kind": .string(object.kind.kind),
        "metadata": ["name": .string(object.name)], "spec": ["replicas": replicas],
      ]
      try lease.apply(
        object.kind, share, over: live, in: object.namespace, ClusterClient.replicasManager,
        by: client)
    }
  }

  /// Removes what is among `objects` and not among `kept`, and holds no data.
  func remove(
    _ objects: [ClusterObject], but kept: [ClusterObject], _ run: any RolloutContext
  ) throws {
    let identities = Set(kept.map(\.identity))
    for object in objects where !identities.contains(object.identity) && !object.isKept {
      try delete(object, run)
    }
  }

  /// Deletes an object, or says that it may not.
  func delete(_ object: ClusterObject, _ run: any RolloutContext) throws {
    do {
      try run.changePatiently {
        try lease.delete(object.kind, object.name, in: object.namespace, by: client)
      }
    } catch let failure as ClusterFailure where failure.reason == .forbidden {
      run.note("\(object.kind.kind) \(object.name) is left where it is: \(failure.words)")
    }
  }
}

/// What of an object the releases of this tool have applied.
///
/// What Helm has written in another way counts as well: Helm 4 makes an application of it first.
/// https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
struct FieldOwners {
  private let fields: [JSONValue]

  init(_ object: JSONValue) {
    let entries = object["metadata"]?["managedFields"]?.elements ?? []
    fields = entries.compactMap { entry in
      let manager = entry["manager"]?.text
      let isOurs =
        manager == HelmDelivery.fieldManager
        || manager == ClusterClient.fieldManager && entry["operation"]?.text == "Apply"
      return isOurs ? entry["fieldsV1"] : nil
    }
  }

  /// Whether they applied the field behind these keys.
  func apply(_ path: [String]) -> Bool {
    fields.contains { field in
      path.reduce(JSONValue?.some(field)) { $0?[$1] } != nil
    }
  }
}
