import YAML

@testable import Ops

/// Releases of values as people write them.
enum TestRelease {
  static let digest = "sha256:" + String(repeating: "ab", count: 32)
  static let image = ImageReference(repository: "ghcr.io/example/slipway", digest: digest)

  /// The release of these values, with an image by its digest.
  static func of(
    _ values: String = "", name: String = "slipway", namespace: String? = "shop",
    manager: ChartRelease.Manager = .helm, image: ImageReference = image
  ) throws -> ChartRelease {
    ChartRelease(
      values: try ChartValues(Array(values.utf8), file: "values.yaml", image: image), name: name,
      namespace: namespace, manager: manager)
  }

  /// Values that differ in all that decides which objects there are.
  static let various = [
    "", "autoscale: { enabled: true }\nmonitoring: { enabled: true }",
    "replicas: 1\ndatabase: { mode: sqlite }", "database: bundled".modeAsMapping,
    "database: { mode: cloudnative-pg, pooler: transaction }",
    "database: { mode: cloudnative-pg }\ningress: { enabled: true, host: api.example.com }",
    """
    secrets:
      database: { external: store/database }
      jwt: { vault: secret/data/jwt }
      other-one: { sops: secrets/other.yaml }
    """,
    "secrets: { database: { vault: kv/database }, jwt: { existing: tokens } }",
    "migrations: { mode: none }\ngateway: { enabled: true, host: a.example.com, name: front }",
    "serviceAccount: { create: false }\nreplicas: 1",
    "backup: { enabled: true, store: s3://b/p, encryptTo: [age1x], drill: { identity: key } }",
  ]
}

extension String {
  fileprivate var modeAsMapping: String {
    let parts = split(separator: ": ")
    return "\(parts[0]): { mode: \(parts[1]) }"
  }
}

extension ChartRelease {
  /// The object of this kind and name, nil where there is none.
  func object(_ kind: String, _ name: String) -> Manifest? {
    Objects.all(of: self).first { $0.kind == kind && $0.name == name }
  }

  /// The Deployment's node.
  var deployment: YAMLNode { Objects.deployment(self).node }

  /// The service's container.
  var container: YAMLNode {
    deployment.at("spec", "template", "spec", "containers")?.sequence?.first ?? .null
  }

  /// The variables that the container is given one by one, by their names.
  var containerVariables: [String: String] {
    let pairs = (container["env"]?.sequence ?? []).map {
      ($0["name"]?.text ?? "", $0["value"]?.text ?? "")
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}

extension YAMLNode {
  /// The value under these keys.
  func at(_ keys: String...) -> YAMLNode? { value(at: keys) }

  /// The text of a scalar.
  var text: String? { scalar?.text }

  /// The texts of a mapping's values.
  var texts: [String: String] {
    Dictionary(uniqueKeysWithValues: (mapping ?? []).map { ($0.key, $0.value.text ?? "") })
  }

  /// This node and all within it.
  var all: [YAMLNode] {
    [self] + (sequence ?? []).flatMap(\.all) + (mapping ?? []).flatMap(\.value.all)
  }

  /// Every pod template, or pod, within the node.
  var podSpecs: [YAMLNode] { all.filter { $0["containers"] != nil && $0["volumes"] != nil } }
}
