import JSON

extension ClusterLease {
  /// Applies an object of a release.
  ///
  /// A Deployment decides what clients reach, and so do a Service and the route that weighs it:
  /// each carries the number of the holder, and is applied over the version alone that was read
  /// before.
  /// Throws `conflict` where it changed meanwhile.
  @discardableResult
  func apply(
    _ object: ClusterObject, by client: ClusterClient
  ) throws(ClusterFailure) -> JSONValue {
    guard [.deployment, .service, .httpRoute].contains(object.kind) else {
      return try client.apply(object.kind, object.json, in: object.namespace)
    }
    // Read before the lock is looked at: what is changed after this look makes the change fail.
    let live = try client.get(object.kind, object.name, in: object.namespace)
    try checkNumber(KeptText.fence(of: live))
    let fenced = object.json.fenced(by: number, over: live?.version)
    return try client.apply(object.kind, fenced, in: object.namespace)
  }

  /// Applies `fields` under the name `manager` to an object as it was read, `live`.
  ///
  /// Without the number, which the release itself is to own. Throws `conflict` where it changed
  /// since.
  func apply(
    _ kind: ResourceKind, _ fields: JSONValue, over live: JSONValue, in namespace: String?,
    _ manager: String, by client: ClusterClient
  ) throws(ClusterFailure) {
    try checkNumber(KeptText.fence(of: live))
    let version = live.version.map { JSONValue.string($0) } ?? .null
    try client.apply(
      kind, fields.replacing(["metadata", "resourceVersion"], with: version), in: namespace,
      by: manager)
  }

  /// Changes the fields that `patch` names in an object as it was read, `live`.
  ///
  /// Throws `conflict` where it changed since.
  func patch(
    _ object: ClusterObject, _ live: JSONValue, _ patch: JSONValue, by client: ClusterClient
  ) throws(ClusterFailure) {
    try checkNumber(KeptText.fence(of: live))
    try client.mergePatch(
      object.kind, object.name, in: object.namespace,
      patch.fenced(by: number, over: live.version))
  }

  /// Deletes the object that is there now, and not one that is made in its place meanwhile; a
  /// Deployment only as it was read.
  func delete(
    _ kind: ResourceKind, _ name: String, in namespace: String?, by client: ClusterClient
  ) throws(ClusterFailure) {
    guard let live = try client.get(kind, name, in: namespace) else { return }
    try checkNumber(KeptText.fence(of: live))
    try client.delete(
      kind, name, in: namespace, uid: live["metadata"]?["uid"]?.text,
      resourceVersion: kind == .deployment ? live.version : nil)
  }
}

extension ClusterSite {
  /// What clients reach: a holder of the lock writes its number there.
  private var fenced: [(kind: ResourceKind, name: String)] {
    let own: [(kind: ResourceKind, name: String)] = [
      (.deployment, names.service), (.deployment, CanaryObjects.name(of: names.service)),
      (.service, names.service),
    ]
    // A route of that name that is not of a Gateway of ours is somebody else's.
    return environment.gateway == nil ? own : own + [(.httpRoute, names.service)]
  }

  /// How often a number is written over what its controller has just changed.
  private static let takingAttemptsMax = 20

  /// Makes whatever the former holder has still under way fail: its number is in what it would
  /// change, and this change of ours in turn is one of what was read alone.
  func takeOver(_ state: RolloutState<ClusterRelease>) throws {
    try save(state)
    for (kind, name) in fenced {
      try lease.patiently(overtakenMax: Self.takingAttemptsMax) { () throws(ClusterFailure) in
        guard let live = try brought(kind, name) else { return }
        try lease.checkNumber(KeptText.fence(of: live))
        try client.mergePatch(
          kind, name, in: names.namespace,
          JSONValue.object([]).fenced(by: lease.number, over: live.version))
      }
    }
  }

  /// The one that a release of ours has brought, nil where there is none.
  private func brought(
    _ kind: ResourceKind, _ name: String
  ) throws(ClusterFailure) -> JSONValue? {
    let live: JSONValue?
    do throws(ClusterFailure) {
      live = try client.get(kind, name, in: names.namespace)
    } catch {
      // Who may not look at routes has none.
      if error.reason == .forbidden, kind == .httpRoute { return nil }
      throw error
    }
    let labels = live?["metadata"]?["labels"]
    let isOurs =
      labels?["app.kubernetes.io/name"]?.text != nil
      && labels?["app.kubernetes.io/component"]?.text == Objects.app
    return isOurs ? live : nil
  }
}

extension JSONValue {
  /// The version of an object, as the API last gave it.
  fileprivate var version: String? { value(at: ["metadata", "resourceVersion"])?.text }

  /// The object with the number of a holder in it, for a change over that version alone.
  fileprivate func fenced(by number: Int64, over version: String?) -> JSONValue {
    let marked = adding(
      JSONMember(KeptText.fenceKey, .string(String(number))), to: ["metadata", "annotations"])
    guard let version else { return marked }
    return marked.replacing(["metadata", "resourceVersion"], with: .string(version))
  }
}
