import Core
import YAML

/// What objects are built from: the values, and how the release is called and where it goes.
struct ChartRelease: Sendable {
  /// Who looks after the objects, as their labels say.
  enum Manager: String, Sendable {
    case helm = "Helm"
    case kustomize = "kustomize"
  }

  static let chartName = "slipway"

  let values: ChartValues
  /// The name of the release, as given to Helm.
  let name: String
  /// Nil for objects whose namespace is said elsewhere, as in kustomize's base.
  let namespace: String?
  let manager: Manager
  /// What the label app.kubernetes.io/version says.
  let version: String

  init(values: ChartValues, name: String, namespace: String?, manager: Manager) {
    (self.values, self.name, self.namespace, self.manager) = (values, name, namespace, manager)
    version = Self.version(of: values.image)
  }

  /// The name of the chart, or what stands in its place.
  var chart: String { values.nameOverride ?? Self.chartName }

  /// The name of the service's objects, which others' names begin with.
  ///
  /// As Helm's own charts do it; room is left for what is put behind it.
  var fullName: String {
    if let name = values.fullnameOverride { return name }
    let text = name.contains(chart) ? name : "\(name)-\(chart)"
    return String(text.prefix(Self.fullNameMax)).trimmed("-")
  }

  /// The longest name that still has room for `-database-pooler` and a hash within 63 characters.
  static let fullNameMax = 40

  /// The reference that nodes pull.
  var image: String {
    let image = values.image
    let tag = image.tag.map { ":" + $0 } ?? ""
    if let digest = image.digest { return "\(image.repository)\(tag)@\(digest)" }
    return image.repository + (tag.isEmpty ? ":" + Version.current : tag)
  }

  private static func version(of image: ImageValues) -> String {
    if let tag = image.tag { return String(tag.prefix(63)).trimmed("-_.") }
    if let digest = image.digest { return String(digest.dropFirst(7).prefix(12)) }
    return Version.current
  }

  /// Labels by which objects of a component are found; they never change.
  func selector(_ component: String) -> YAMLNode {
    [
      "app.kubernetes.io/name": .string(chart), "app.kubernetes.io/instance": .string(name),
      "app.kubernetes.io/component": .string(component),
    ]
  }

  /// Labels of an object of a component.
  ///
  /// https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
  func labels(_ component: String) -> YAMLNode {
    let own: YAMLNode = [
      "app.kubernetes.io/version": .string(version), "app.kubernetes.io/part-of": .string(chart),
      "app.kubernetes.io/managed-by": .string(manager.rawValue),
      "helm.sh/chart": manager == .helm
        ? .string("\(Self.chartName)-\(Version.current)") : nil,
    ]
    return found(by: selector(component), own.overlaid(with: .texts(values.labels)))
  }

  /// Labels whose first are those that the object is found by, which nothing overrides.
  func found(by selector: YAMLNode, _ others: YAMLNode) -> YAMLNode {
    selector.overlaid(with: others).overlaid(with: selector)
  }

  /// The metadata of an object of a component.
  func metadata(
    _ name: String, _ component: String, annotations: [String: String] = [:]
  ) -> YAMLNode {
    let all = values.annotations.merging(annotations) { $1 }
    return [
      "name": .string(name), "namespace": namespace.map { .string($0) },
      "labels": labels(component), "annotations": YAMLNode.texts(all).unlessEmpty,
    ]
  }
}

extension String {
  /// The text without any of these characters at its ends.
  fileprivate func trimmed(_ characters: String) -> String {
    let rest = drop { characters.contains($0) }
    return String(rest.reversed().drop { characters.contains($0) }.reversed())
  }
}
