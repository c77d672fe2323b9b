/// One place where the service runs.
struct Environment: Sendable, Equatable {
  enum Target: String, CaseIterable, Sendable {
    /// Processes on this machine.
    case local
    /// A cluster, through the chart.
    case helm
    /// A cluster, through a rendered overlay.
    case kustomize
  }

  /// What the service takes its defaults from.
  enum Settings: String, CaseIterable, Sendable {
    case development
    case testing
    case staging
    case production
  }

  /// Which routes of the service need a token.
  enum Auth: String, CaseIterable, Sendable {
    case off
    case writes
    case all
  }

  struct TLS: Sendable, Equatable, PlatformObject {
    let secret: String

    init?(_ object: inout ObjectReader) {
      let secret = object.required(
        "secret", .label, "The Secret with the certificate and its key.", example: "api-tls")
      guard let secret else { return nil }
      self.secret = secret
    }
  }

  struct Autoscale: Sendable, Equatable, PlatformObject {
    let min: Int
    let max: Int
    /// Per cent of what is requested.
    let processor: Int

    init?(_ object: inout ObjectReader) {
      let count = FieldType<Int>.integer(1...1000)
      let min = object.required("min", count, "Replicas when nothing happens.", example: "3")
      let max = object.required("max", count, "Replicas at most.", example: "12")
      processor = object.value(
        "cpu", .integer(1...100), default: "70", "The load to hold, in per cent of the request.")
      guard let min, let max else { return nil }
      self.min = min
      self.max = max
    }
  }

  /// How long a pod goes on serving before it is told to stop, while endpoints are withdrawn.
  static let preStop = Duration.seconds(5)
  /// How long a pod that is told to stop asks clients to connect anew before it drains: those
  /// behind a kept connection learn of it with their next request.
  static let closing = Duration.seconds(3)
  /// What is left between the end of draining and the kill.
  static let stopMargin = Duration.seconds(5)
  /// Where a local service listens unless the environment says otherwise.
  static let localHost = "127.0.0.1"

  let name: String
  let target: Target
  /// The context of kubectl; always there for a cluster.
  let context: String?
  /// Always there for a cluster.
  let namespace: String?
  /// The public host name; locally the address to listen on, always there.
  let host: String?
  /// The port of the entrance: only locally another than the service's.
  let port: Int
  let tls: TLS?
  /// Ignored under `autoscale`.
  let replicas: Int
  let autoscale: Autoscale?
  let resources: Resources
  let drain: Duration
  let grace: Duration
  let database: Database
  let secrets: [String: SecretReference]
  let externalSecrets: ExternalSecretValues
  let vault: VaultValues
  /// Variables of the service that are no secrets.
  var variables: [String: String]
  let rollout: RolloutPolicy
  let backup: BackupPolicy?
  let settings: Settings
  let auth: Auth
  let ingress: Ingress?
  let gateway: Gateway?
  let network: Network
  let pod: Pod
  let monitoring: Monitoring?
  let serviceAccount: ServiceAccount
  let migrations: MigrationPolicy
  /// Of every object.
  let labels: [String: String]
  /// Of every object.
  let annotations: [String: String]

  /// Stricter rules hold where customers are.
  var isProduction: Bool { settings == .production && target != .local }

  /// What an environment of this name is taken for unless it says: strict, where one cannot know.
  static func settings(named name: String, target: Target) -> Settings {
    Settings(rawValue: name) ?? (target == .local ? .development : .production)
  }

  /// Where clients reach the service; nil for a cluster without a public host.
  var url: String? {
    guard let host else { return nil }
    switch target {
    case .local: return "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    case .helm, .kustomize:
      // Which of its listeners serves the host is known to the Gateway alone.
      let isPlain = gateway.map { $0.section == "http" } ?? (tls == nil)
      return "\(isPlain ? "http" : "https")://\(host)"
    }
  }
}
