import YAML

extension Objects {
  /// What the pods and objects of the database are called.
  static let database = "database"

  /// The database, where the cluster runs it.
  static func databaseObjects(_ release: ChartRelease) -> [Manifest?] {
    switch release.values.database.mode {
    case .sqlite, .external: []
    case .bundled: bundledDatabase(release)
    case .cloudNativePG: databaseCluster(release)
    }
  }

  /// What each server reserves and may use at most.
  static func databaseResources(_ release: ChartRelease) -> YAMLNode {
    let resources = release.values.database.resources
    let (requests, limits) = (resources.requests, resources.limits)
    return [
      "requests": [
        "cpu": .string(requests.processor.text), "memory": .string(requests.memory.text),
      ],
      "limits": [
        "cpu": limits.processor.map { .string($0.text) },
        "memory": .string((limits.memory ?? requests.memory).text),
      ],
    ]
  }
}
