import YAML

/// What makes some objects out of others: files and patches of a kustomization.
struct ObjectDifference: Sendable {
  /// Objects that are not among the others.
  let added: [Manifest]
  /// One for each object that is different, or that goes.
  let patches: [Manifest]

  init(from base: ObjectSet, to target: [Manifest]) {
    added = target.filter { base[$0.identity] == nil }
    let kept = Set(target.map(\.identity))
    let changes = target.compactMap { object in
      base[object.identity].flatMap { StrategicPatch.difference(from: $0, to: object) }
    }
    let removals = base.objects.filter { !kept.contains($0.identity) }
      .map(StrategicPatch.removal)
    patches = changes + removals
  }

  /// Does to `objects` what kustomize does with the files.
  func apply(to objects: inout ObjectSet) {
    for object in added { objects.add(object) }
    for patch in patches { objects.apply(patch) }
  }
}
