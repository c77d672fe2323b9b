/// How many connections a database must be ready for.
///
/// Nobody sets these numbers by hand: they follow from how many replicas there can be and from
/// how many connections each of them opens.
struct DatabaseConnections: Sendable, Equatable {
  /// POOL_SIZE of the service unless `env` says otherwise.
  static let poolSize = 8
  /// The service has these beside its pool, for the audit history.
  static let auditConnections = 2
  /// Migrations, the operator, its exporter and people who look.
  static let spare = 20
  /// Sizes are multiples of this: a restart of the servers for every replica more would be too
  /// many.
  static let step = 100
  /// Clients of one PgBouncer.
  static let poolerClientsMin = 1000
  /// Servers that one PgBouncer pools by transaction: more than a few for each processor only
  /// wait for each other.
  static let poolerServers = 20
  /// Servers beside those for clients that would have to wait.
  static let poolerReserve = 5

  /// Connections of all replicas while a rollout has one more.
  let clients: Int
  /// PgBouncers.
  let poolers: Int
  let pooling: Database.Pooler

  init(_ values: ChartValues) {
    let replicas = values.autoscale.enabled ? values.autoscale.max : values.replicas
    clients = (replicas + 1) * (Self.poolSize(values.variables) + Self.auditConnections)
    pooling = values.database.pooler
    poolers = values.database.instances > 1 ? 2 : 1
  }

  /// Only up to three digits count, so that nothing else that a variable may hold is taken for a
  /// number.
  private static func poolSize(_ variables: [String: String]) -> Int {
    guard let text = variables["POOL_SIZE"], (1...3).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let size = Int(text), size > 0
    else { return poolSize }
    return size
  }

  /// PgBouncer's default_pool_size: a session has a server for as long as it lasts.
  var poolerServers: Int { pooling == .session ? clients : Self.poolerServers }

  /// PgBouncer's max_client_conn: each takes all clients when the other is gone.
  var poolerClients: Int { max(Self.poolerClientsMin, Self.rounded(clients)) }

  /// PostgreSQL's max_connections.
  var servers: Int {
    let pooled = poolers * (poolerServers + Self.poolerReserve)
    return Self.rounded((pooling == .none ? clients : pooled) + Self.spare)
  }

  private static func rounded(_ count: Int) -> Int { (count + step - 1) / step * step }
}
