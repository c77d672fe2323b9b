import YAML

/// The smallest strategic-merge patch between two forms of one object.
///
/// Only what differs is written: a changed value, a key that goes as null, an element of a list by
/// its name. kustomize puts elements of a patch before all others, so those that have to stand
/// before a changed one are named too; the result is exact, order included.
/// https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
struct StrategicPatch {
  /// What kustomize takes as an instruction beside fields of the object.
  static let directive = "$patch"

  private let kind: String

  /// The patch that makes `target` of `base`; nil where they are the same.
  static func difference(from base: Manifest, to target: Manifest) -> Manifest? {
    precondition(base.identity == target.identity, "a patch is of one object")
    let patch = StrategicPatch(kind: "\(base.apiVersion)/\(base.kind)")
    let changes = patch.changes(from: base.node.mapping ?? [], to: target.node.mapping ?? [])
    if changes.isEmpty { return nil }
    let metadata = changes.value("metadata")?.mapping ?? []
    return Manifest(
      base.apiVersion, base.kind,
      metadata: YAMLNode(.mapping([YAMLPair("name", .string(base.name))] + metadata)),
      body: YAMLNode(.mapping(changes.filter { $0.key != "metadata" })))
  }

  /// The patch that takes an object away.
  static func removal(of object: Manifest) -> Manifest {
    Manifest([
      directive: "delete", "apiVersion": .string(object.apiVersion), "kind": .string(object.kind),
      "metadata": ["name": .string(object.name)],
    ])
  }

  private func changes(from base: [YAMLPair], to target: [YAMLPair]) -> [YAMLPair] {
    var changes: [YAMLPair] = []
    for pair in target {
      guard let old = base.value(pair.key) else {
        changes.append(pair)
        continue
      }
      if let value = change(of: pair.key, from: old, to: pair.value) {
        changes.append(YAMLPair(pair.key, value))
      }
    }
    for pair in base where target.value(pair.key) == nil {
      changes.append(YAMLPair(pair.key, .null))
    }
    return changes
  }

  private func change(of field: String, from old: YAMLNode, to new: YAMLNode) -> YAMLNode? {
    switch (old.content, new.content) {
    case (.mapping(let old), .mapping(let new)):
      let changes = changes(from: old, to: new)
      return changes.isEmpty ? nil : YAMLNode(.mapping(changes))
    case (.sequence(let old), .sequence(let new)):
      return YAMLNode.areSame(old, new) ? nil : list(field, from: old, to: new)
    case (.scalar(let old), .scalar(let scalar)):
      return old == scalar ? nil : new
    default:
      preconditionFailure("\(kind): \(field) is no longer of the same kind")
    }
  }

  private func list(_ field: String, from old: [YAMLNode], to new: [YAMLNode]) -> YAMLNode {
    switch ListMerge(field, in: kind) {
    case .replaced: .sequence(new)
    case .keyedByMany: .sequence([[Self.directive: "replace"]] + new)
    case .keyed(let key): .sequence(elements(key, from: old, to: new))
    }
  }

  /// Elements up to the last that differs, and those that go.
  private func elements(
    _ key: String, from old: [YAMLNode], to new: [YAMLNode]
  ) -> [YAMLNode] {
    let names = old.map { $0[key]?.scalar?.text ?? "" }
    let places = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    func place(_ element: YAMLNode) -> Int? { places[element[key]?.scalar?.text ?? ""] }
    var count = new.count
    var next = old.count
    while count > 0, let found = place(new[count - 1]), found < next,
      old[found].isSame(as: new[count - 1])
    {
      (count, next) = (count - 1, found)
    }
    let changed = new[..<count].map { element -> YAMLNode in
      guard let found = place(element) else { return element }
      let name = YAMLPair(key, element[key] ?? .null)
      return YAMLNode(
        .mapping([name] + changes(from: old[found].mapping ?? [], to: element.mapping ?? [])))
    }
    let kept = Set(new.map { $0[key]?.scalar?.text ?? "" })
    let gone = names.filter { !kept.contains($0) }.map { name -> YAMLNode in
      [key: .string(name), Self.directive: "delete"]
    }
    return changed + gone
  }
}
