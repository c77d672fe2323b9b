import Core
import Crypto
import YAML

extension ChartRelease {
  /// The variables of the service that are no secrets.
  ///
  /// `env` wins over what it may give at all.
  var settings: [String: String] {
    let shutdown = values.shutdown
    let defaults = ["LOG_FORMAT": "json"]
    let fixed = [
      "APP_SETTINGS": values.environment.rawValue, "AUTH": values.auth.rawValue,
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

  /// What X-Revision names: image and settings, so that a rollout can tell old pods from new.
  var revision: String {
    // As bytes: that is how templates order keys.
    let lines = settings.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { "\($0.key)=\($0.value)\n" }
    let checksum = SHA256.hexadecimal(lines.joined())
    return String(SHA256.hexadecimal("\(image)\n\(checksum)").prefix(Self.revisionDigits))
  }

  static let revisionDigits = 12

  /// The settings as the container has them, in order of their names, with the revision.
  ///
  /// Here and in no ConfigMap: they come with a pod's template and go back with it.
  var variables: [YAMLNode] {
    settings.merging(["REVISION": revision]) { $1 }
      .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { ["name": .string($0.key), "value": .string(Self.unexpanded($0.value))] }
  }

  /// The value such that a container gets it as it is: `$(NAME)` would be another variable's.
  ///
  /// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container
  private static func unexpanded(_ value: String) -> String {
    value.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
  }
}
