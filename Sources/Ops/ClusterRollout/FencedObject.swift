import JSON

extension ClusterLease {
  /// Applies an object of a release.
  ///
  /// A Deployment decides what clients reach: it carries the number of the holder, and is applied
  /// over the version alone that was read before. Throws `conflict` where it changed meanwhile.
  @discardableResult
  func apply(
    _ object: ClusterObject, by client: ClusterClient
  ) throws(ClusterFailure) -> JSONValue {
    guard object.kind == .deployment else {
      return try client.apply(object.kind, object.json, in: object.namespace)
    }
    // Read before the lock is looked at: what is changed after this look makes the change fail.
    let live = try client.get(object.kind, object.name, in: object.namespace)
    try checkNumber(KeptText.fence(of: live))
    let fenced = object.json.fenced(
      by: number, over: live?["metadata"]?["resourceVersion"]?.text)
    return try client.apply(object.kind, fenced, in: object.namespace)
  }
}

extension ClusterSite {
  /// Makes whatever the former holder has still under way fail: its number is in what it would
  /// change.
  func takeOver(_ state: RolloutState<ClusterRelease>) throws {
    try save(state)
    guard try client.get(.deployment, names.service, in: names.namespace) != nil else { return }
    try client.mergePatch(
      .deployment, names.service, in: names.namespace,
      [
        "metadata": [
          "annotations": .object([JSONMember(KeptText.fenceKey, .string(String(lease.number)))])
        ]
      ])
  }
}

extension JSONValue {
  /// The object with the number of a holder in it, to be applied over that version alone.
  fileprivate func fenced(by number: Int64, over version: String?) -> JSONValue {
    let metadata = self["metadata"] ?? .object([])
    var annotated = (metadata["annotations"] ?? .object([]))
      .with(KeptText.fenceKey, .string(String(number)))
    annotated = metadata.with("annotations", annotated)
    if let version { annotated = annotated.with("resourceVersion", .string(version)) }
    return with("metadata", annotated)
  }

  /// The object with a member in the place of the one of that name.
  private func with(_ name: String, _ value: JSONValue) -> JSONValue {
    .object((members ?? []).filter { $0.name != name } + [JSONMember(name, value)])
  }
}
