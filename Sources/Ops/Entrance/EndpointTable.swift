import Core
import JSON

/// A pod that serves, and its port.
struct Endpoint: Sendable, Hashable {
  let pod: String
  let port: Int
}

/// Which pods new connections to a Service are sent to, as every node of its cluster would.
///
/// Does no I/O. Pods that are ready take connections; where none is, those that leave and still
/// serve do. A node may write its rules anew a second after it was told, and sends connections to
/// pods that have left until then: so does this, since a service that does not bear it loses
/// requests of its real clients.
/// https://kubernetes.io/docs/reference/networking/virtual-ips/
struct EndpointTable: Sendable {
  /// Whom a new connection goes to.
  enum Choice: Sendable, Equatable {
    case endpoint(Endpoint, hasLeft: Bool = false)
    /// The Service has nobody: its address refuses.
    case nobody
    /// Nothing was heard of the Service yet.
    case unknown
  }

  /// The longest that a node takes to follow: `--iptables-min-sync-period` of kube-proxy.
  static let nodeLag: Duration = .seconds(1)
  /// The name of the Service's port.
  static let portName = "http"

  private var slices: [String: JSONValue]?
  private var serving: [Endpoint] = []
  /// When each pod left that is no longer among `serving`.
  private var leftAt: [Endpoint: Duration] = [:]
  private var turn = 0
  private var isLost = false
  /// When the cluster was last not heard, or heard again; what it tells then may have been so for
  /// long.
  private var unheardAt: Duration?

  /// Takes in what a watch of the Service's EndpointSlices tells, at a moment of a steady clock.
  mutating func take(_ change: ClusterChange, at now: Duration) {
    var isLate = isDoubtful(at: now)
    switch change {
    case .replaced(_, let values):
      isLate = true
      slices = Dictionary(values.map { (Self.name($0), $0) }) { _, last in last }
    case .updated(_, let value): slices?[Self.name(value)] = value
    case .deleted(_, let value): slices?[Self.name(value)] = nil
    case .lost:
      isLost = true
      return
    }
    if isLost { (isLost, unheardAt) = (false, now) }
    let before = serving
    serving = Self.serving(in: slices ?? [:])
    leftAt = leftAt.filter { now - $0.value < Self.nodeLag && !serving.contains($0.key) }
    // Nodes heard of it when it happened, and that was who knows when.
    for endpoint in before where !serving.contains(endpoint) && !isLate { leftAt[endpoint] = now }
  }

  /// Takes in that the cluster does not answer, though nothing tells a watch so.
  mutating func hearNothing(at now: Duration) { unheardAt = now }

  /// Whether what is known may be old: pods may have left of which nodes knew, and nobody here.
  func isDoubtful(at now: Duration) -> Bool {
    isLost || unheardAt.map { now - $0 < Self.nodeLag } ?? false
  }

  /// Whom a connection goes to that is made now; each in its turn.
  mutating func choose(at now: Duration) -> Choice {
    guard slices != nil else { return .unknown }
    let leaving = leftAt.filter { now - $0.value < Self.nodeLag }.keys
    let all = serving + leaving.sorted { $0.pod < $1.pod }
    guard !all.isEmpty else { return .nobody }
    turn += 1
    let index = turn % all.count
    return .endpoint(all[index], hasLeft: index >= serving.count)
  }

  private static func name(_ slice: JSONValue) -> String { slice["metadata"]?["name"]?.text ?? "" }

  // https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions
  private static func serving(in slices: [String: JSONValue]) -> [Endpoint] {
    var ready: [Endpoint] = []
    var leaving: [Endpoint] = []
    for (_, slice) in slices.sorted(by: { $0.key < $1.key }) {
      let ports = slice["ports"]?.elements ?? []
      let port = ports.first { $0["name"]?.text == portName } ?? ports.first
      guard let number = port?["port"]?.number else { continue }
      for one in slice["endpoints"]?.elements ?? [] {
        guard let pod = one["targetRef"]?["name"]?.text else { continue }
        let endpoint = Endpoint(pod: pod, port: Int(clamping: number))
        let conditions = one["conditions"]
        let isReady = conditions?["ready"]?.truth ?? true
        if isReady {
          ready.append(endpoint)
        } else if conditions?["serving"]?.truth == true {
          leaving.append(endpoint)
        }
      }
    }
    // A pod that has addresses of both families is one.
    let chosen = ready.isEmpty ? leaving : ready
    return Set(chosen).sorted { ($0.pod, $0.port) < ($1.pod, $1.port) }
  }
}
