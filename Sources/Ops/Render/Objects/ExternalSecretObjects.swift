import YAML

extension Objects {
  /// What External Secrets is to fetch, in order of the names.
  ///
  /// An entry of the store has the same keys as the Secret that is made of it.
  /// https://external-secrets.io/latest/api/externalsecret/
  static func externalSecrets(_ release: ChartRelease) -> [Manifest] {
    release.values.secrets.sorted { $0.key < $1.key }.compactMap { name, reference in
      guard case .external(let path) = reference else { return nil }
      return externalSecret(release, name, path)
    }
  }

  private static func externalSecret(
    _ release: ChartRelease, _ name: String, _ path: String
  ) -> Manifest {
    let parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let (store, entry) = (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    let external = release.values.externalSecrets
    let secret = release.secretName(name)
    let data = release.secretKeys(name).map { key -> YAMLNode in
      [
        "secretKey": .string(key), "remoteRef": ["key": .string(entry), "property": .string(key)],
      ]
    }
    return Manifest(
      "external-secrets.io/v1", "ExternalSecret", metadata: release.metadata(secret, app),
      body: [
        "spec": [
          "refreshInterval": .string(external.refreshInterval),
          "secretStoreRef": [
            "kind": .string(external.storeKind.rawValue), "name": .string(store),
          ],
          "target": ["name": .string(secret)], "data": .sequence(data),
        ]
      ])
  }
}

extension ChartRelease {
  /// The keys of the Secret of this name: a database that is made here needs its password alone.
  func secretKeys(_ name: String) -> [String] {
    let key = SecretForm(named: name).key
    return name == SecretForm.database && values.database.mode == .bundled
      ? ["password", key] : [key]
  }
}
