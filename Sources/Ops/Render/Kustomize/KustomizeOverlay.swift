import YAML

/// What an environment is over the base and its components.
struct KustomizeOverlay: Sendable {
  let namespace: String
  let components: [KustomizeComponent]
  /// Labels that all objects have, and that the base has none or others of.
  let labels: [YAMLPair]
  let image: ImageReference
  let difference: ObjectDifference

  /// What makes `objects`, all of the release, out of the parts.
  init(_ release: ChartRelease, _ objects: [Manifest], over parts: KustomizeParts) {
    let used = parts.components(for: release.values)
    let base = parts.objects(with: used)
    var under = base
    namespace = release.namespace ?? "default"
    components = used.map(\.component)
    labels = Self.commonLabels(objects, under)
    image = release.pulledImage
    let target = objects.map {
      let name = $0.namespace == release.namespace ? nil : $0.namespace
      return $0.withNamespace(name).withImage(release.image, KustomizeParts.imageName)
    }
    under.setLabels(labels)
    difference = ObjectDifference(from: under, to: target)
    proveResult(is: objects, over: base)
  }

  /// The labels that `labels` of a kustomization can set for all objects at once.
  private static func commonLabels(_ objects: [Manifest], _ under: ObjectSet) -> [YAMLPair] {
    func labels(_ object: Manifest) -> [YAMLPair] {
      object.node.value(at: ["metadata", "labels"])?.mapping ?? []
    }
    guard let first = objects.first else { return [] }
    return labels(first).filter { pair in
      objects.allSatisfy { labels($0).contains(pair) }
        && !under.objects.allSatisfy { labels($0).contains(pair) }
    }
  }

  /// Fails where the files would not give the objects of the environment.
  private func proveResult(is objects: [Manifest], over under: ObjectSet) {
    var result = under
    difference.apply(to: &result)
    result.setNamespace(namespace)
    result.setLabels(labels)
    result.setImage(KustomizeParts.imageName, to: image.text)
    precondition(result.objects.count == objects.count, "an overlay has other objects")
    for object in objects {
      let isSame = result[object.identity]?.node.isSame(as: object.node) ?? false
      precondition(isSame, "an overlay makes another \(object.identity)")
    }
  }
}

extension ChartRelease {
  /// The image as nodes pull it, in its parts.
  fileprivate var pulledImage: ImageReference {
    ImageReference(image) ?? ImageReference(repository: values.image.repository)
  }
}
