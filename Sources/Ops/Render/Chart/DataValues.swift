import YAML

/// Where the data is.
struct DatabaseValues: Sendable, Equatable, PlatformObject {
  let mode: Database.Mode
  let image: String?
  let storage: Quantity
  let storageClass: String?
  let resources: DatabaseResourceValues
  /// Settings of PostgreSQL.
  let parameters: [String: String]
  let instances: Int
  let port: Int
  let pooler: Database.Pooler
  /// Settings of PgBouncer.
  let poolerParameters: [String: String]
  let snapshots: SnapshotValues

  init?(_ object: inout ObjectReader) {
    mode = object.value("mode", .choice, default: "external", "Who runs the database.")
    image = object.optional(
      "image", .imageReference,
      "The image of PostgreSQL, where the default is not wanted; cloudnative-pg reads its tag.")
    storage = object.value(
      "storage", .bytesText, default: "1Gi",
      "The size of the volume, of each instance's where several; a bundled database keeps what "
        + "it was made with.")
    storageClass = object.optional(
      "storageClass", .label, "The StorageClass of the volumes; the cluster's default unless given."
    )
    let resources = object.object(
      "resources", DatabaseResourceValues.self,
      "What each PostgreSQL server of bundled and cloudnative-pg needs.")
    parameters =
      object.optional(
        "parameters", .parameterTexts, "Settings of PostgreSQL for bundled and cloudnative-pg.",
        defaultText: "{}") ?? [:]
    instances = object.value(
      "instances", .integer(1...9), default: "3",
      "PostgreSQL servers of cloudnative-pg: one that writes, the others replicas of it.")
    port = object.value(
      "port", .integer(1...65_535), default: "5432",
      "Where an external database listens, for the network policy.")
    pooler = object.value(
      "pooler", .choice, default: "none", "What PgBouncer in front of the database pools by.")
    poolerParameters =
      object.optional(
        "poolerParameters", .dictionary(.text(.printable), keys: .poolerParameterName),
        "Settings of PgBouncer for cloudnative-pg, beside those that follow from the replicas.",
        defaultText: "{}") ?? [:]
    let snapshots = object.object(
      "snapshots", SnapshotValues.self, "Snapshots of the volumes of cloudnative-pg.")
    guard let resources, let snapshots else { return nil }
    (self.resources, self.snapshots) = (resources, snapshots)
  }
}

/// Snapshots of a database's volumes, which the storage makes and keeps.
struct SnapshotValues: Sendable, Equatable, PlatformObject {
  /// Nil where none are made.
  let schedule: String?
  let className: String?

  init?(_ object: inout ObjectReader) {
    schedule = object.optional(
      "schedule", .snapshotSchedule,
      "When they are made, as cron writes it, in the time zone of the operator; never unless "
        + "given. Nobody removes old ones.")
    className = object.optional(
      "class", .label, "Their VolumeSnapshotClass; the cluster's default unless given.",
      example: "csi-snapshots")
  }
}

extension FieldType where Value == String {
  /// Five fields of cron, as the operator reads them behind one for the second.
  ///
  /// https://pkg.go.dev/github.com/robfig/cron#hdr-CRON_Expression_Format
  static var snapshotSchedule: FieldType { .text(.snapshotSchedule) }
}

extension TextForm {
  fileprivate static let snapshotSchedule: TextForm = {
    func field(_ number: String) -> String {
      let item = #"(\*|\#(number)(-\#(number))?)(/[1-9][0-9]?)?"#
      return "\(item)(,\(item))*"
    }
    let fields = [
      "[0-5]?[0-9]", "([01]?[0-9]|2[0-3])", "(0?[1-9]|[12][0-9]|3[01])", "(0?[1-9]|1[0-2])",
      "[0-6]",
    ]
    return TextForm(
      wanted: "five fields: minute, hour, day, month, weekday 0 to 6 (for example \"17 2 * * *\")",
      examples: ["17 2 * * *"], pattern: TextPattern(fields.map(field).joined(separator: " ")))
  }()
}

/// What a PostgreSQL server reserves and may use at most.
struct DatabaseResourceValues: Sendable, Equatable, PlatformObject {
  struct Requests: Sendable, Equatable, PlatformObject {
    let processor: Quantity
    let memory: Quantity

    init?(_ object: inout ObjectReader) {
      processor = object.value("cpu", .processorText, default: "250m", "Processor time.")
      memory = object.value("memory", .bytesText, default: "512Mi", "Memory of the server.")
    }
  }

  struct Limits: Sendable, Equatable, PlatformObject {
    let processor: Quantity?
    let memory: Quantity?

    init?(_ object: inout ObjectReader) {
      processor = object.optional(
        "cpu", .processorText, "Where a server is throttled; nowhere unless given.")
      memory = object.optional(
        "memory", .bytesText, "Where a server is killed; what is requested unless given.")
    }
  }

  let requests: Requests
  let limits: Limits

  init?(_ object: inout ObjectReader) {
    let requests = object.object(
      "requests", Requests.self, "What the scheduler reserves for each server.")
    let limits = object.object("limits", Limits.self, "What a server may use at most.")
    guard let requests, let limits else { return nil }
    (self.requests, self.limits) = (requests, limits)
  }
}

extension FieldType where Value == [String: String] {
  /// Settings of PostgreSQL or PgBouncer by their names.
  ///
  /// The name of a setting of PostgreSQL.
  ///
  /// https://www.postgresql.org/docs/current/config-setting.html
  static var parameters: FieldType { .dictionary(.variable, keys: .parameterName) }

  /// The same as texts: of a number Helm would keep the value and not the text.
  static var parameterTexts: FieldType { .dictionary(.text(.printable), keys: .parameterName) }
}

extension TextForm {
  fileprivate static let parameterName = TextForm(
    "the name of a setting: a-z, 0-9, _ and .", pattern: "[a-z][a-z0-9_.]*")
}

/// How External Secrets fetches secrets.
struct ExternalSecretValues: Sendable, Equatable, PlatformObject {
  enum StoreKind: String, CaseIterable, Sendable {
    case cluster = "ClusterSecretStore"
    case namespaced = "SecretStore"
  }

  let storeKind: StoreKind
  let refreshInterval: String

  init?(_ object: inout ObjectReader) {
    storeKind = object.value(
      "storeKind", .choice, default: "ClusterSecretStore", "The kind of the store.")
    refreshInterval = object.value(
      "refreshInterval", .interval, default: "1h", "How often a secret is read again.")
  }
}

/// How Vault's agent fetches secrets.
struct VaultValues: Sendable, Equatable, PlatformObject {
  let role: String?
  let namespace: String

  init?(_ object: inout ObjectReader) {
    role = object.optional(
      "role", .label, "The role that the pods take in Vault; the objects' name unless given.",
      example: "slipway")
    namespace = object.value(
      "namespace", .label, default: "vault", "Where Vault runs, for the network policy.")
  }
}

/// How the schema is brought up to date.
struct MigrationValues: Sendable, Equatable, PlatformObject {
  enum Mode: String, CaseIterable, Sendable {
    /// A hook of Helm where it can be one, a container before the service for SQLite, else a Job.
    case auto
    /// A Job that Helm runs before all else.
    case hook
    /// A Job named for the release, made with everything else; pods wait by their readiness.
    case job
    /// Somebody else sees to it.
    case none
  }

  let mode: Mode
  let deadlineSeconds: Int
  let keepSeconds: Int
  let port: Int?

  init?(_ object: inout ObjectReader) {
    mode = object.value("mode", .choice, default: "auto", "Who runs `ops migrate apply`.")
    deadlineSeconds = object.value(
      "deadlineSeconds", .integer(10...86_400), default: "900", "When the Job is given up.")
    keepSeconds = object.value(
      "keepSeconds", .integer(60...604_800), default: "86400",
      "How long a Job that has ended is kept to be read.")
    let port = object.value(
      "port", .integer(0...65_535), default: "0", MigrationPolicy.portHelp + " 0 is not given.")
    self.port = port == 0 ? nil : port
  }
}
