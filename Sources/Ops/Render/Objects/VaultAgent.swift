import YAML

/// What tells Vault's agent injector which files a pod needs.
///
/// https://developer.hashicorp.com/vault/docs/deploy/kubernetes/injector/annotations
enum VaultAgent {
  private static let prefix = "vault.hashicorp.com/"
  /// Where Vault listens.
  static let port = 8200
  private static let volume = "vault-token"
  /// The agent asks for a new one before that.
  private static let tokenSeconds = 3600

  /// The annotations of a pod with these files; none where Vault has none of them.
  ///
  /// `isOnce` is for pods that end: an agent beside them would keep them from it.
  static func annotations(
    _ mounts: [SecretMount], of release: ChartRelease, isOnce: Bool
  ) -> YAMLNode {
    let entries = entries(mounts)
    guard !entries.isEmpty else { return [:] }
    var texts = [
      "agent-inject": "true", "role": release.values.vault.role ?? release.fullName,
      // The pod itself has no token: the agent gets this one alone.
      "agent-service-account-token-volume-name": volume,
    ]
    if isOnce { texts["agent-pre-populate-only"] = "true" }
    for (name, path, key) in entries {
      texts["agent-inject-secret-\(name)"] = path
      texts["agent-inject-template-\(name)"] = template(path, key)
    }
    return .texts(.init(uniqueKeysWithValues: texts.map { (prefix + $0.key, $0.value) }))
  }

  /// The token that the agent shows to Vault; nil where nothing comes from there.
  static func tokenVolume(_ mounts: [SecretMount]) -> YAMLNode? {
    guard !entries(mounts).isEmpty else { return nil }
    return [
      "name": .string(volume),
      "projected": [
        "defaultMode": .integer(PodParts.secretMode),
        "sources": [
          ["serviceAccountToken": ["path": "token", "expirationSeconds": .integer(tokenSeconds)]]
        ],
      ],
    ]
  }

  private static func entries(
    _ mounts: [SecretMount]
  ) -> [(name: String, path: String, key: String)] {
    mounts.compactMap { mount in
      guard case .vault(let path) = mount.source else { return nil }
      return (mount.name, path, mount.key)
    }
  }

  /// One value of an entry, without a line break behind it.
  ///
  /// Paths of the second version of the key-value engine have `data` in them, and their values lie
  /// one level deeper.
  private static func template(_ path: String, _ key: String) -> String {
    let data = path.contains("/data/") ? ".Data.data" : ".Data"
    return "{{- with secret \"\(path)\" -}}{{ \(data).\(key) }}{{- end -}}"
  }
}
