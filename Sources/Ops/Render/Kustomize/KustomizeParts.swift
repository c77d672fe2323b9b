import YAML

/// What overlays are built on: the base, and what each component does to it.
struct KustomizeParts: Sendable {
  /// What stands for the image; overlays say which it is.
  static let imageName = ChartRelease.chartName

  let base: ObjectSet
  let components: [Part]

  /// A component with what it does.
  struct Part: Sendable {
    let component: KustomizeComponent
    let difference: ObjectDifference
  }

  /// Throws what is wrong with the default values: a mistake of ours.
  init(of service: Service) throws {
    base = ObjectSet(try Self.objects(of: service, with: [:]))
    var parts: [Part] = []
    for component in KustomizeComponent.all {
      var under = base
      if let part = parts.first(where: { $0.component.name == component.needs }) {
        part.difference.apply(to: &under)
      }
      let target = try Self.objects(of: service, with: component.values)
      parts.append(
        Part(component: component, difference: ObjectDifference(from: under, to: target)))
    }
    components = parts
  }

  /// The components that values need.
  func components(for values: ChartValues) -> [Part] {
    components.filter { $0.component.isPart(values) }
  }

  /// The base with these components.
  func objects(with parts: [Part]) -> ObjectSet {
    var objects = base
    for part in parts { part.difference.apply(to: &objects) }
    return objects
  }

  /// The objects of the default values under others, in no namespace and of no image.
  ///
  /// A Job cannot be changed, so its name tells its content and it has no place in a base:
  /// overlays have theirs.
  static func objects(of service: Service, with values: YAMLNode) throws -> [Manifest] {
    let defaults: YAMLNode = [
      "fullnameOverride": .string(service.name), "image": ["repository": .string(imageName)],
      "ports": ["http": .integer(service.port)],
    ]
    let release = ChartRelease(
      values: try ChartValues(defaults.overlaid(with: values), file: "the values of the base"),
      name: service.name, namespace: nil, manager: .kustomize)
    return Objects.all(of: release).filter { $0.kind != "Job" }
      .map { $0.withImage(release.image, imageName) }
  }
}
