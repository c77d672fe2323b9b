import JSON

/// How many connections the pods of a release can have, as its objects say.
struct ConnectionLimit: Sendable, Equatable {
  /// At once.
  let count: Int
  /// What says so, for people.
  let place: String
  /// The key of platform.yaml that changes it.
  let key: String
}

extension ConnectionLimit {
  /// The limit of the database that comes with the release; nil where somebody else runs it, or
  /// where nothing of it is said.
  init?(of objects: [ClusterObject]) {
    let limit: ConnectionLimit?
    if let pooler = objects.first(where: { $0.kind.kind == "Pooler" }) {
      limit = Self.pooled(pooler)
    } else {
      limit = Self.served(objects)
    }
    guard let limit else { return nil }
    self = limit
  }

  /// PostgreSQL's own, in the arguments of the pod beside the service or in the operator's object.
  private static func served(_ objects: [ClusterObject]) -> ConnectionLimit? {
    for object in objects where object.component == Objects.database {
      let spec = object.json["spec"]
      var count: Int?
      switch object.kind.kind {
      case "StatefulSet":
        let pod = spec?["template"]?["spec"]
        count = argument(of: pod?["containers"]?.elements?.first)
      case "Cluster": count = number(spec?["postgresql"]?["parameters"]?["max_connections"])
      default: continue
      }
      guard let count else { continue }
      return ConnectionLimit(
        count: count, place: "max_connections of \(object.kind.kind) \(object.name)",
        key: "database.parameters.max_connections")
    }
    return nil
  }

  /// What each PgBouncer takes of clients, since it has them all when the others are gone; one that
  /// pools by session needs a server for each as well.
  private static func pooled(_ object: ClusterObject) -> ConnectionLimit? {
    let spec = object.json["spec"]
    let parameters = spec?["pgbouncer"]?["parameters"]
    func limit(_ count: Int, _ name: String) -> ConnectionLimit {
      ConnectionLimit(
        count: count, place: "\(name) of Pooler \(object.name)",
        key: "database.poolerParameters.\(name)")
    }
    let clients = number(parameters?["max_client_conn"]).map { limit($0, "max_client_conn") }
    guard spec?["pgbouncer"]?["poolMode"]?.text == Database.Pooler.session.rawValue,
      let servers = number(parameters?["default_pool_size"])
    else { return clients }
    let each = servers + (number(parameters?["reserve_pool_size"]) ?? 0)
    let poolers = Int(clamping: spec?["instances"]?.number ?? 1)
    let sessions = limit(poolers * each, "default_pool_size")
    guard let clients, clients.count < sessions.count else { return sessions }
    return clients
  }

  /// A setting among the arguments of PostgreSQL.
  private static func argument(of container: JSONValue?) -> Int? {
    let arguments = container?["args"]?.elements ?? []
    return arguments.lazy.compactMap { argument -> Int? in
      let parts = (argument.text ?? "").split(separator: "=")
      return parts.first == "max_connections" ? parts.last.flatMap { Int($0) } : nil
    }.first
  }

  /// A number that is written as text, as all settings are, or as one.
  private static func number(_ value: JSONValue?) -> Int? {
    value?.text.flatMap { Int($0) } ?? value?.number.map { Int(clamping: $0) }
  }
}
