import YAML

/// Where the data is.
struct Database: Sendable, Equatable, PlatformObject {
  enum Mode: String, CaseIterable, Sendable {
    /// A file beside the service: on this machine, or on the volume of one replica.
    case sqlite
    /// One PostgreSQL beside the service, for development.
    case bundled
    /// A PostgreSQL that somebody else runs; its address is a secret.
    case external
    /// A cluster of PostgreSQL that the CloudNativePG operator runs.
    case cloudNativePG = "cloudnative-pg"
  }

  enum Pooler: String, CaseIterable, Sendable {
    /// Clients connect to PostgreSQL itself.
    case none
    /// PgBouncer keeps a server for a client as long as it is connected.
    case session
    /// PgBouncer keeps a server for a client as long as a transaction.
    case transaction
  }

  let mode: Mode
  /// Of PostgreSQL, with tag and digest.
  let image: String?
  let storage: Quantity
  let storageClass: String?
  let resources: Resources?
  /// Settings of PostgreSQL.
  let parameters: [String: String]
  let instances: Int
  let port: Int
  let pooler: Pooler
  /// Settings of PgBouncer.
  let poolerParameters: [String: String]
  let snapshots: SnapshotValues?

  /// The major of the PostgreSQL that is made on a cluster; nil where somebody else chooses it.
  var majorOnCluster: Int? {
    switch mode {
    case .bundled: DatabaseParameters.major(of: image ?? Objects.postgresImage)
    case .cloudNativePG: image.flatMap(DatabaseParameters.major)
    case .sqlite, .external: nil
    }
  }

  init?(_ object: inout ObjectReader) {
    let mode = object.required(
      "mode", .choice as FieldType<Mode>, "Who runs the database.", example: "cloudnative-pg")
    image = object.optional(
      "image", .imageReference,
      "The image of PostgreSQL, where the default is not wanted; cloudnative-pg reads its tag.")
    storage = object.value(
      "storage", .bytes, default: "1Gi",
      "The size of the volume, of each instance's where several; a bundled database keeps what "
        + "it was made with.", example: "50Gi")
    storageClass = object.optional(
      "storageClass", .label,
      "The StorageClass of the volumes; the cluster's default unless given.", example: "fast")
    resources = object.object("resources", .resources(.ofDatabase), "What each server needs.")
    parameters =
      object.optional(
        "parameters", .parameters, "Settings of PostgreSQL.", defaultText: "{}",
        example: "{ work_mem: 16MB }")
      ?? [:]
    port = object.value(
      "port", .integer(1...65_535), default: "5432",
      "Where an external database listens, for the network policy.")
    instances = object.value(
      "instances", .integer(1...9), default: "3",
      "PostgreSQL servers: one that writes, the others replicas of it.")
    pooler = object.value(
      "pooler", .choice, default: "none", "What PgBouncer in front of the database pools by.",
      example: "transaction")
    poolerParameters =
      object.optional(
        "poolerParameters", .dictionary(.variable, keys: .poolerParameterName),
        "Settings of PgBouncer, beside those that follow from the replicas.", defaultText: "{}",
        example: "{ server_idle_timeout: 120 }")
      ?? [:]
    snapshots = object.optional("snapshots", .object, "Snapshots of the volumes.")
    guard let mode else { return nil }
    self.mode = mode
  }
}

extension FieldType where Value == Database {
  /// The mode alone, or a mapping that says more.
  static var database: FieldType {
    let modes = FieldType<Database.Mode>.choice
    return FieldType(.either(modes.schema, object.schema)) { node, decoding, path in
      guard node.scalar != nil else { return object.read(node, decoding, path) }
      guard let mode = modes.read(node, decoding, path) else { return nil }
      return object.read(.mapping([("mode", .string(mode.rawValue))]), decoding, path)
    }
  }
}
