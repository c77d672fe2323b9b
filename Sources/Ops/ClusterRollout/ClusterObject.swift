import JSON
import YAML

/// One object of a release, as the API takes it.
struct ClusterObject: Sendable, Equatable {
  let kind: ResourceKind
  let name: String
  /// Nil for one that lives in no namespace.
  let namespace: String?
  let json: JSONValue

  /// Reads an object; nil for what is none.
  init?(_ json: JSONValue) {
    guard let version = json["apiVersion"]?.text, let kind = json["kind"]?.text,
      let name = json["metadata"]?["name"]?.text
    else { return nil }
    let namespace = json["metadata"]?["namespace"]?.text
    self.kind = ResourceKind(
      version, kind, Self.plural(of: kind), isNamespaced: kind != ResourceKind.namespace.kind)
    self.name = name
    self.namespace = self.kind.isNamespaced ? namespace : nil
    self.json = json
  }

  /// What tells it from all others: `apps/Deployment/slipway`.
  ///
  /// Without the version, by which the same object may be called in another way.
  var identity: String { "\(kind.group)/\(kind.kind)/\(name)" }

  /// The part of the service that it belongs to, as its labels say.
  var component: String? {
    json["metadata"]?["labels"]?["app.kubernetes.io/component"]?.text
  }

  /// How paths call a kind: its plural in lower case, by the rule that every kind here keeps.
  static func plural(of kind: String) -> String {
    let word = kind.lowercased()
    if word.hasSuffix("s") { return word + "es" }
    return word.hasSuffix("y") ? word.dropLast() + "ies" : word + "s"
  }
}

extension ClusterObject {
  /// Whether it is the Job that migrates the schema.
  var isMigration: Bool { kind == .job && component == Objects.migration }

  /// Whether clients reach it, or it starts what they reach: it comes after the schema.
  var followsMigration: Bool {
    switch kind.kind {
    case "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress", "HTTPRoute",
      "ServiceMonitor", "PodMonitor", "PrometheusRule", "CronJob":
      true
    default: false
    }
  }

  /// Kinds that have data in them or behind them.
  static let keptKinds: Set<String> = [
    "Namespace", "PersistentVolumeClaim", "StatefulSet", "Secret", "ExternalSecret", "Cluster",
    "Pooler", "Job",
  ]

  /// Whether Helm leaves it where it is when its release goes.
  ///
  /// https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
  var isKeptByHelm: Bool {
    json["metadata"]?["annotations"]?["helm.sh/resource-policy"]?.text == "keep"
  }

  /// Whether it is left when no release names it any more.
  var isKept: Bool { Self.keptKinds.contains(kind.kind) || component == Objects.database }
}

extension JSONValue {
  /// The value that a node of YAML stands for.
  init(_ node: YAMLNode) {
    switch node.content {
    case .scalar(let scalar):
      self =
        switch scalar.kind {
        case .null: .null
        case .boolean(let truth): .boolean(truth)
        case .integer(let number): .integer(Int64(number))
        case .real(let number): .real(number)
        case .string(let text): .string(text)
        }
    case .sequence(let nodes): self = .array(nodes.map { JSONValue($0) })
    case .mapping(let pairs):
      self = .object(pairs.map { JSONMember($0.key, JSONValue($0.value)) })
    }
  }
}
