import Core
import JSON

/// How the objects of a release come to a cluster, and how they go again.
///
/// When each is done, and what comes of it, is the business of `ClusterTarget`. Every method may be
/// called again after an interruption, and every change is made while the lock is held.
protocol ClusterDelivery {
  var client: ClusterClient { get }
  /// How people call it.
  var shown: String { get }
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

  let shown = "server-side apply"

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
      generation = try applied(object, run)["metadata"]?["generation"]?.number ?? 0
    }
    return generation
  }

  func putBack(
    _ former: ClusterRelease, over objects: [ClusterObject], _ run: any RolloutContext
  ) throws -> Int64 {
    guard let before = try manifests.load(former.number) else {
      throw PhaseFailure("the objects of release \(former.revision) are not kept any more")
    }
    let generation = try bring(former, before, run)
    // A policy or an autoscaler of the new release alone would go on ruling the old one.
    try remove(objects, but: before, run)
    return generation
  }

  func takeAway(_ objects: [ClusterObject], _ run: any RolloutContext) throws {
    for object in objects where object.followsMigration {
      try delete(object, run)
    }
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
      try client.apply(object.kind, object.json, in: object.namespace)
    }
  }

}

extension ClusterDelivery {
  /// Removes what is among `objects` and not among `kept`, and holds no data.
  func remove(
    _ objects: [ClusterObject], but kept: [ClusterObject], _ run: any RolloutContext
  ) throws {
    let identities = Set(kept.map(\.identity))
    for object in objects where !identities.contains(object.identity) && !object.isKept {
      try delete(object, run)
    }
  }

  func delete(_ object: ClusterObject, _ run: any RolloutContext) throws {
    try run.changePatiently { () throws(ClusterFailure) in
      try client.delete(object.kind, object.name, in: object.namespace)
    }
  }
}
