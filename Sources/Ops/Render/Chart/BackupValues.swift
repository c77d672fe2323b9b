import YAML

/// Backups by CronJobs.
struct BackupValues: Sendable, Equatable, PlatformObject {
  static let memoryDefault = "512Mi"
  /// In seconds.
  fileprivate static let deadlines = 1...2_147_483_647

  let enabled: Bool
  let schedule: String
  /// Always there where backups are taken.
  let store: String?
  /// What the store calls the database.
  let name: String?
  let encryptTo: [String]
  let signWith: String?
  let signedBy: [String]
  let image: String?
  let credentials: String?
  let asksMetadata: Bool
  let port: Int
  let pushgateway: String?
  let memory: Quantity
  let deadlineSeconds: Int
  let serviceAccount: ServiceAccount
  let drill: DrillValues

  init?(_ object: inout ObjectReader) {
    enabled = object.value(
      "enabled", .boolean, default: "false", "Whether a CronJob takes backups.")
    schedule = object.value(
      "schedule", .snapshotSchedule, default: "17 2 * * *",
      "When they are taken, as cron writes it, in UTC.")
    store = object.optional("store", .bucketAddress, "Where they go, without credentials.")
    name = object.optional(
      "name", .label, "What the store calls the database; the name of the objects unless given.")
    encryptTo =
      object.optional(
        "encryptTo", .list(.recipient), "Who can read them; nobody else can.", defaultText: "[]")
      ?? []
    signWith = object.optional(
      "signWith", .label,
      "The Secret whose key signing.pem, Ed25519 in PEM, signs what a backup is.")
    signedBy =
      object.optional(
        "signedBy", .list(.signer), "Whose signatures count; drills take nothing else then.",
        defaultText: "[]") ?? []
    image = object.optional(
      "image", .imageReference,
      "The image of ops with the programs that it calls; image.repository with -ops behind it, of "
        + "the chart's appVersion, unless given.")
    credentials = object.optional(
      "credentials", .label,
      "The Secret whose keys are the variables that open the store; the cloud's identity of the "
        + "account unless given.")
    asksMetadata = object.value(
      "metadata", .boolean, default: "false",
      "Whether the pods may ask the cloud's metadata service for credentials.")
    port = object.value(
      "port", .integer(1...65_535), default: "443",
      "Where the store listens, for the network policy.")
    pushgateway = object.optional(
      "pushgateway", .pushgateway,
      "The Pushgateway that gets the metrics of each run and drill, in one of "
        + "network.metricsFrom.")
    memory = object.value(
      "memory", .bytesText, default: Self.memoryDefault,
      "What taking one reserves, and may use at most.")
    deadlineSeconds = object.value(
      "deadlineSeconds", .integer(Self.deadlines), default: "21600",
      "When one that is not done is given up.")
    let account = object.object(
      "serviceAccount", ServiceAccount.self, "The account of their pods.")
    let drill = object.object("drill", DrillValues.self, "How they are proven.")
    guard let account, let drill else { return nil }
    (serviceAccount, self.drill) = (account, drill)
  }

  /// Whether what is kept there outlives the pod that wrote it.
  static func isBucket(_ store: String) -> Bool { TextForm.bucketAddress.matches(store) }
}

/// Restoring the newest backup on a schedule, and comparing it.
struct DrillValues: Sendable, Equatable, PlatformObject {
  static let memoryDefault = "1Gi"
  static let storageDefault = "10Gi"

  let enabled: Bool
  let schedule: String
  let identity: String?
  let storage: Quantity
  let memory: Quantity
  let deadlineSeconds: Int
  let serviceAccount: ServiceAccount

  init?(_ object: inout ObjectReader) {
    enabled = object.value(
      "enabled", .boolean, default: "true",
      "Whether a CronJob restores the newest backup and compares it.")
    schedule = object.value(
      "schedule", .snapshotSchedule, default: "23 5 * * 1",
      "When, as cron writes it, in UTC.")
    identity = object.optional(
      "identity", .label,
      "The Secret whose key identity opens encrypted backups; these pods alone have it.")
    storage = object.value(
      "storage", .bytesText, default: Self.storageDefault,
      "The room for a restored copy; a drill that needs more is evicted.")
    memory = object.value(
      "memory", .bytesText, default: Self.memoryDefault, "What one reserves, and may use at most.")
    deadlineSeconds = object.value(
      "deadlineSeconds", .integer(BackupValues.deadlines), default: "21600",
      "When one that is not done is given up.")
    let account = object.object(
      "serviceAccount", ServiceAccount.self, "The account of their pods.")
    guard let account else { return nil }
    serviceAccount = account
  }
}

extension FieldType where Value == String {
  /// The address of a bucket: what is kept there outlives a pod.
  fileprivate static var bucketAddress: FieldType { .text(.bucketAddress) }
}

extension TextForm {
  fileprivate static let bucketAddress = TextForm(
    wanted: "s3://BUCKET/PREFIX or gs://BUCKET/PREFIX, without credentials",
    examples: ["s3://slipway-backups/production?region=eu-central-1"],
    pattern: "(s3|gs)://[^@ ]+")
}
