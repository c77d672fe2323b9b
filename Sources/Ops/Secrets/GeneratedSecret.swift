import Core
import YAML

/// A Secret with values made just now.
///
/// Prints as its name and keys: the values are `Secret`s, and the manifest is one as well.
struct GeneratedSecret: Sendable {
  let name: String
  let values: [(key: String, value: Secret)]
  private let labels: YAMLNode

  /// The Secret that an item of a plan asks for; nil where people have to give a value.
  init?(_ item: SecretPlan.Item, of release: ChartRelease) {
    guard item.isMade, let name = item.secret else { return nil }
    self.name = name
    let password = RandomText.password(characters: SecretPlan.passwordCharacters)
    values = item.keys.map { key in
      switch key.content {
      case .password, .given: (key.key, password)
      case .signingKey: (key.key, RandomText.key(bytes: SecretPlan.signingKeyBytes))
      case .databaseURL(let address): (key.key, address.url(password: password))
      }
    }
    labels = [
      "app.kubernetes.io/name": .string(release.chart),
      "app.kubernetes.io/instance": .string(release.name),
      "app.kubernetes.io/managed-by": "ops",
    ]
  }

  /// `text` without any of the values.
  ///
  /// A program has no reason to repeat what it was given; in case it does, nobody reads it.
  func hidden(in text: String) -> String {
    values.reduce(text) { $0.replacing($1.value.reveal(), with: $1.value.description) }
  }

  /// The object as kubectl and SOPS read it.
  func manifest(namespace: String?) -> Secret {
    let node: YAMLNode = [
      "apiVersion": "v1", "kind": "Secret",
      "metadata": [
        "name": .string(name), "namespace": namespace.map { .string($0) }, "labels": labels,
      ],
      "type": "Opaque",
      "stringData": .mapping(values.map { ($0.key, .string($0.value.reveal())) }),
    ]
    return Secret(YAMLWriter.write(node))
  }
}

extension GeneratedSecret: CustomStringConvertible {
  var description: String { "\(name): \(values.map(\.key).joined(separator: ", "))" }
}
