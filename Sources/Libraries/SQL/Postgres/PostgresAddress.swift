import Core

/// Where PostgreSQL is, and as whom to go there.
public struct PostgresAddress: Sendable, Equatable {
  /// One server of a list that is tried in order.
  public struct Host: Sendable, Equatable {
    /// A name, an IPv4 or IPv6 address, or the folder of a unix socket.
    public var name: String
    /// The port.
    public var port: UInt16

    /// A server at that port.
    public init(_ name: String, port: UInt16 = 5432) {
      self.name = name
      self.port = port
    }
  }

  /// The servers; libpq's default (a unix socket, or PGHOST) when there is none.
  public var hosts: [Host]
  /// The database; the user's name when it is nil.
  public var database: String?
  /// The role to log in as.
  public var user: String?
  /// Its password.
  public var password: Secret?
  /// The password of a client certificate's key, `sslpassword`.
  public var keyPassword: Secret?
  /// Further parameters of libpq, such as `sslmode`.
  public var parameters: [String: String]

  /// An address made of its parts.
  public init(
    hosts: [Host], database: String?, user: String?, password: Secret? = nil,
    parameters: [String: String] = [:]
  ) {
    self.hosts = hosts
    self.database = database
    self.user = user
    self.password = password
    self.parameters = parameters
  }

  /// Reads what follows `postgres:`.
  init(afterScheme rest: Substring) throws(DatabaseError) {
    guard rest.hasPrefix("//") else {
      throw .address("two slashes follow the scheme; allowed: \(DatabaseURL.allowed)")
    }
    let parts = rest.dropFirst(2).split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(hosts: [], database: nil, user: nil)
    var authority = path[0]
    if let at = authority.lastIndex(of: "@") {
      try read(credentials: authority[..<at])
      authority = authority[authority.index(after: at)...]
    }
    hosts = try Self.hosts(in: authority)
    if path.count > 1, !path[1].isEmpty {
      database = try Self.decoded(path[1], of: "the database name")
    }
    if parts.count > 1 { try read(query: parts[1]) }
  }

  /// The URL without its password.
  public var redacted: String {
    var text = "postgres://"
    if let user {
      text += PercentEncoding.encode(user) + (password == nil ? "" : ":[redacted]") + "@"
    }
    text += hosts.filter { !$0.name.hasPrefix("/") }.map(\.text).joined(separator: ",")
    text += "/" + (database.map { PercentEncoding.encode($0) } ?? "")
    var query = hosts.filter { $0.name.hasPrefix("/") }.flatMap { host in
      [("host", host.name), ("port", String(host.port))]
    }
    query += parameters.sorted { $0.key < $1.key }.map { key, value in
      (key, value)
    }
    if keyPassword != nil { query.append((Self.keyPasswordName, "[redacted]")) }
    let pairs = query.map { "\($0)=\(PercentEncoding.encode($1, keeping: "-_.~/[]"))" }
    return text + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
  }

  private mutating func read(credentials: Substring) throws(DatabaseError) {
    let pair = credentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    user = try pair[0].isEmpty ? nil : Self.decoded(pair[0], of: "the user")
    if pair.count > 1 { password = Secret(try Self.decoded(pair[1], of: "the password")) }
  }

  private mutating func read(query: Substring) throws(DatabaseError) {
    var socket: String?
    var port: UInt16?
    for pair in query.split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = try Self.decoded(sides[0], of: "a parameter's name")
      guard sides.count == 2 else { throw .address("parameter \(name) has no value") }
      let value = try Self.decoded(sides[1], of: "parameter \(name)")
      switch name {
      case "host": socket = value
      case "port": port = try Self.port(value[...])
      case "user": user = value
      case "password": password = Secret(value)
      case "dbname": database = value
      case Self.keyPasswordName: keyPassword = Secret(value)
      default:
        guard Self.parameterNames.contains(name) else { throw Self.unknown(parameter: name) }
        parameters[name] = value
      }
    }
    if let socket {
      hosts = socket.split(separator: ",").map { Host(String($0), port: port ?? 5432) }
    } else if let port {
      hosts = hosts.map { Host($0.name, port: port) }
    }
  }

  private static func hosts(in authority: Substring) throws(DatabaseError) -> [Host] {
    var hosts: [Host] = []
    for part in authority.split(separator: ",") {
      var name = part
      var rest = part[part.endIndex...]
      if part.hasPrefix("[") {
        guard let close = part.firstIndex(of: "]") else {
          throw .address("an IPv6 address stands in [ ], and the ] is missing")
        }
        name = part[part.index(after: part.startIndex)..<close]
        rest = part[part.index(after: close)...]
      } else if let colon = part.firstIndex(of: ":") {
        name = part[..<colon]
        rest = part[colon...]
      }
      guard rest.isEmpty || rest.hasPrefix(":") else {
        throw .address("after the ] of an IPv6 address comes : and a port, or nothing")
      }
      let host = try decoded(name, of: "a host")
      guard !host.isEmpty else { throw .address("a host is empty") }
      hosts.append(Host(host, port: rest.isEmpty ? 5432 : try port(rest.dropFirst())))
    }
    return hosts
  }

  private static func port(_ text: Substring) throws(DatabaseError) -> UInt16 {
    guard let port = UInt16(text), port > 0 else {
      throw .address("a port is a number from 1 to 65535")
    }
    return port
  }

  private static func decoded(
    _ text: Substring, of what: String
  ) throws(DatabaseError) -> String {
    guard let decoded = PercentEncoding.decode(text) else {
      throw .address("\(what) has a percent sign without two hexadecimal digits, or is no text")
    }
    return decoded
  }

  private static func unknown(parameter name: String) -> DatabaseError {
    let hint = Suggestion.nearest(to: name, in: parameterNames).map { "; did you mean \($0)?" }
    let allowed = parameterNames.sorted().joined(separator: ", ")
    return .address("libpq has no parameter \(name)\(hint ?? "; allowed: \(allowed)")")
  }

  static let keyPasswordName = "sslpassword"

  /// What libpq 15 knows, save what stands elsewhere in the URL.
  ///
  /// https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PARAMKEYWORDS
  private static let parameterNames: Set<String> = [
    "application_name", "channel_binding", "connect_timeout", "fallback_application_name",
    "gssencmode", "gsslib", "hostaddr", "keepalives", "keepalives_count",
    "keepalives_idle", "keepalives_interval", "krbsrvname", "options", "passfile",
    "requirepeer", "service", "ssl_max_protocol_version", "ssl_min_protocol_version",
    "sslcert", "sslcompression", "sslcrl", "sslcrldir", "sslkey", "sslmode",
    "sslrootcert", "sslsni", "target_session_attrs", "tcp_user_timeout",
  ]
}

extension PostgresAddress.Host {
  var text: String {
    let name = name.contains(":") ? "[\(name)]" : PercentEncoding.encode(name)
    return port == 5432 ? name : "\(name):\(port)"
  }
}
