import YAML

/// The volume that holds the file of SQLite.
enum DataVolume {
  /// Where the image expects what lasts.
  static let folder = "/data"
  static let address = "sqlite:////data/slipway.sqlite"
  static let mount: YAMLNode = ["name": "data", "mountPath": .string(folder)]

  /// Annotations of what holds data: who uninstalls the service does not mean that.
  ///
  /// https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
  static let kept = ["helm.sh/resource-policy": "keep"]

  static func name(_ release: ChartRelease) -> String { "\(release.fullName)-data" }

  static func volume(_ release: ChartRelease) -> YAMLNode {
    ["name": "data", "persistentVolumeClaim": ["claimName": .string(name(release))]]
  }
}

extension Objects {
  /// The claim on the volume of SQLite.
  static func dataClaim(_ release: ChartRelease) -> Manifest? {
    let database = release.values.database
    guard database.mode == .sqlite else { return nil }
    return Manifest(
      "v1", "PersistentVolumeClaim",
      metadata: release.metadata(DataVolume.name(release), app, annotations: DataVolume.kept),
      body: [
        "spec": [
          "accessModes": ["ReadWriteOnce"],
          "storageClassName": database.storageClass.map { .string($0) },
          "resources": ["requests": ["storage": .string(database.storage.text)]],
        ]
      ])
  }
}
