import YAML

/// What runs.
struct ImageValues: Sendable, Equatable, PlatformObject {
  enum PullPolicy: String, CaseIterable, Sendable {
    case always = "Always"
    case ifNotPresent = "IfNotPresent"
    case never = "Never"
  }

  let repository: String
  let tag: String?
  let digest: String?
  let pullPolicy: PullPolicy

  init?(_ object: inout ObjectReader) {
    let repository = object.required(
      "repository", .imageRepository, "The image without tag and digest.")
    tag = object.optional(
      "tag", .imageTag, "The release; the chart's appVersion where there is no digest either.")
    digest = object.optional(
      "digest", .imageDigest, "What is pulled, whatever the tag says; production needs it.")
    pullPolicy = object.value(
      "pullPolicy", .choice, default: "Always", "When a node asks the registry.")
    guard let repository else { return nil }
    self.repository = repository
  }
}

/// Replicas by load.
struct AutoscaleValues: Sendable, Equatable, PlatformObject {
  let enabled: Bool
  let min: Int
  let max: Int
  /// Per cent of what is requested.
  let processor: Int

  init?(_ object: inout ObjectReader) {
    let count = FieldType<Int>.integer(1...1000)
    enabled = object.value(
      "enabled", .boolean, default: "false", "Whether there is a HorizontalPodAutoscaler.")
    min = object.value("min", count, default: "2", "Replicas when nothing happens.")
    max = object.value("max", count, default: "6", "Replicas at most.")
    processor = object.value(
      "cpu", .integer(1...100), default: "70", "The load to hold, in per cent of the request.")
  }
}

/// What each replica reserves and may use at most.
struct ResourceValues: Sendable, Equatable, PlatformObject {
  struct Requests: Sendable, Equatable, PlatformObject {
    let processor: Quantity
    let memory: Quantity

    init?(_ object: inout ObjectReader) {
      processor = object.value("cpu", .processorText, default: "100m", "Processor time.")
      memory = object.value("memory", .bytesText, default: "64Mi", "Memory of the process.")
    }
  }

  struct Limits: Sendable, Equatable, PlatformObject {
    let processor: Quantity?
    let memory: Quantity

    init?(_ object: inout ObjectReader) {
      processor = object.optional(
        "cpu", .processorText, "Where a replica is throttled; nowhere unless given.")
      memory = object.value("memory", .bytesText, default: "128Mi", "Where a replica is killed.")
    }
  }

  let requests: Requests
  let limits: Limits

  init?(_ object: inout ObjectReader) {
    let requests = object.object(
      "requests", Requests.self, "What the scheduler reserves for each replica.")
    let limits = object.object("limits", Limits.self, "What a replica may use at most.")
    guard let requests, let limits else { return nil }
    (self.requests, self.limits) = (requests, limits)
  }
}

/// How a replica that is told to stop ends; all in seconds.
struct ShutdownValues: Sendable, Equatable, PlatformObject {
  let preStopSeconds: Int
  let closeSeconds: Int
  let drainSeconds: Int
  let graceSeconds: Int

  init?(_ object: inout ObjectReader) {
    preStopSeconds = object.value(
      "preStopSeconds", .integer(0...300), default: "5",
      "How long it goes on serving while endpoints are withdrawn.")
    closeSeconds = object.value(
      "closeSeconds", .integer(0...300), default: "3",
      "How long it then asks clients to connect anew (DRAIN_DELAY).")
    drainSeconds = object.value(
      "drainSeconds", .integer(0...3600), default: "10",
      "How long it may then finish what it has begun (DRAIN_TIMEOUT).")
    graceSeconds = object.value(
      "graceSeconds", .integer(1...7200), default: "23",
      "When it is killed; never before the others together and 5 seconds more.")
  }
}

/// How the Deployment brings in a new release.
struct RolloutValues: Sendable, Equatable, PlatformObject {
  let minReadySeconds: Int
  let progressDeadlineSeconds: Int
  let revisionHistoryLimit: Int

  static let progressDeadlineDefault = 300

  init?(_ object: inout ObjectReader) {
    minReadySeconds = object.value(
      "minReadySeconds", .integer(0...3600), default: "4",
      "How long a new pod is ready before it counts.")
    progressDeadlineSeconds = object.value(
      "progressDeadlineSeconds", .integer(10...7200), default: String(Self.progressDeadlineDefault),
      "When a rollout without progress counts as failed; more than minReadySeconds.")
    revisionHistoryLimit = object.value(
      "revisionHistoryLimit", .integer(1...50), default: "5",
      "Old ReplicaSets that are kept for going back.")
  }
}

/// Where the containers listen.
struct PortValues: Sendable, Equatable, PlatformObject {
  let http: Int
  let admin: Int

  /// Those that a process without privileges can listen on.
  static let range = 1024...65_535
  static let adminDefault = 9090

  init?(_ object: inout ObjectReader) {
    let port = FieldType<Int>.integer(Self.range)
    http = object.value("http", port, default: "8080", "Where clients are served (HTTP_PORT).")
    admin = object.value(
      "admin", port, default: String(Self.adminDefault), "Where metrics are served (ADMIN_PORT).")
  }
}

extension FieldType where Value == String {
  /// A tag of an image.
  static var imageTag: FieldType { .text(.imageTag) }

  /// The digest of an image.
  static var imageDigest: FieldType { .text(.imageDigest) }
}
