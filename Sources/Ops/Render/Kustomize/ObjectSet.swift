import YAML

/// The objects that kustomize has read so far, and what a kustomization does to them.
///
/// What is asked of an object that is not there fails at once: kustomize lets some of it pass.
struct ObjectSet: Sendable {
  private(set) var objects: [Manifest] = []
  private var places: [String: Int] = [:]

  init(_ objects: [Manifest] = []) {
    for object in objects { add(object) }
  }

  /// The object of this identity.
  subscript(_ identity: String) -> Manifest? { places[identity].map { objects[$0] } }

  /// Takes up an object of `resources`.
  mutating func add(_ object: Manifest) {
    precondition(places[object.identity] == nil, "\(object.identity) is there already")
    places[object.identity] = objects.count
    objects.append(object)
  }

  /// Applies a patch of `patches`.
  mutating func apply(_ patch: Manifest) {
    guard let place = places[patch.identity] else {
      preconditionFailure("a patch for \(patch.identity), which is not there")
    }
    guard patch.node[StrategicPatch.directive] != nil else {
      objects[place] = StrategicMerge.result(of: patch, on: objects[place])
      return
    }
    objects.remove(at: place)
    places = Dictionary(uniqueKeysWithValues: objects.enumerated().map { ($1.identity, $0) })
  }

  /// Does what `namespace` does.
  mutating func setNamespace(_ namespace: String) {
    for index in objects.indices where objects[index].kind != "Namespace" {
      objects[index] = objects[index].withNamespace(namespace)
    }
  }

  /// Does what `labels` does: labels of objects, not those of their pods.
  mutating func setLabels(_ labels: [YAMLPair]) {
    let overlay: YAMLNode = ["metadata": ["labels": YAMLNode(.mapping(labels))]]
    for index in objects.indices {
      objects[index] = Manifest(objects[index].node.overlaid(with: overlay))
    }
  }

  /// Does what `images` does.
  mutating func setImage(_ name: String, to image: String) {
    for index in objects.indices { objects[index] = objects[index].withImage(name, image) }
  }
}

extension Manifest {
  /// The same object in a namespace; in none that is written for nil.
  func withNamespace(_ namespace: String?) -> Manifest {
    var metadata = (node["metadata"]?.mapping ?? []).filter { $0.key != "namespace" }
    let place = (metadata.firstIndex { $0.key == "name" } ?? -1) + 1
    if let namespace { metadata.insert(YAMLPair("namespace", .string(namespace)), at: place) }
    return Manifest(
      YAMLNode(
        .mapping(
          (node.mapping ?? []).map {
            $0.key == "metadata" ? YAMLPair($0.key, YAMLNode(.mapping(metadata))) : $0
          })))
  }

  /// The same object with `image` in its containers where `name` was.
  func withImage(_ name: String, _ image: String) -> Manifest {
    Manifest(Self.withImage(name, image, in: node, isContainer: false))
  }

  private static func withImage(
    _ name: String, _ image: String, in node: YAMLNode, isContainer: Bool
  ) -> YAMLNode {
    guard let pairs = node.mapping else { return node }
    return YAMLNode(
      .mapping(
        pairs.map { pair in
          if isContainer {
            let isMatch = pair.key == "image" && pair.value.scalar?.text == name
            return isMatch ? YAMLPair(pair.key, .string(image)) : pair
          }
          if let containers = pair.value.sequence {
            guard ["containers", "initContainers"].contains(pair.key) else { return pair }
            return YAMLPair(
              pair.key,
              .sequence(containers.map { withImage(name, image, in: $0, isContainer: true) }))
          }
          guard pair.value.mapping != nil else { return pair }
          return YAMLPair(pair.key, withImage(name, image, in: pair.value, isContainer: false))
        }))
  }
}
