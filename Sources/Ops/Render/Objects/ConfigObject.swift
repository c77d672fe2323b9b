import Core
import Crypto
import YAML

extension ChartRelease {
  /// The name of the ConfigMap.
  var configName: String { "\(fullName)-config" }

  /// The variables of the service that are no secrets.
  ///
  /// `env` wins over what it may give at all.
  var settings: [String: String] {
    let shutdown = values.shutdown
    let defaults = [
      "APP_SETTINGS": values.environment.rawValue, "AUTH": values.auth.rawValue,
      "LOG_FORMAT": "json",
    ]
    let fixed = [
      "HTTP_PORT": String(values.ports.http), "ADMIN_PORT": String(values.ports.admin),
      "DRAIN_DELAY": "\(shutdown.closeSeconds)s", "DRAIN_TIMEOUT": "\(shutdown.drainSeconds)s",
    ]
    return defaults.merging(databaseSettings) { $1 }.merging(values.variables) { $1 }
      .merging(fixed) { $1 }
  }

  /// What is said of the database beside its secret.
  private var databaseSettings: [String: String] {
    switch values.database.mode {
    case .sqlite: ["DATABASE_URL": DataVolume.address]
    case .cloudNativePG where values.database.pooler != .none:
      [
        "POSTGRES_HOSTNAME": poolerName, "POSTGRES_DB": Self.databaseOwner,
        "POSTGRES_USER": Self.databaseOwner,
      ]
    case .external, .bundled, .cloudNativePG: [:]
    }
  }

  /// The SHA-256 of the settings: pods with other settings are other pods.
  var settingsChecksum: String {
    // As bytes: that is how templates order keys.
    let lines = settings.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return SHA256.hexadecimal(lines.map { "\($0.key)=\($0.value)\n" }.joined())
  }

  /// What X-Revision names: image and settings, so that a rollout can tell old pods from new.
  var revision: String {
    String(SHA256.hexadecimal("\(image)\n\(settingsChecksum)").prefix(Self.revisionDigits))
  }

  static let revisionDigits = 12
}

extension Objects {
  /// The ConfigMap.
  static func config(_ release: ChartRelease) -> Manifest {
    Manifest(
      "v1", "ConfigMap", metadata: release.metadata(release.configName, app),
      body: ["data": .texts(release.settings)])
  }
}
