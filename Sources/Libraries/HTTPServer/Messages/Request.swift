import Core

/// One request, read completely.
///
/// A copy is one reference: a request is handed on from the event thread to hooks, filters, a
/// worker and the handler.
public struct Request: Sendable {
  private var parts: Parts

  init(
    head: RequestHead, method: Method, route: Route, remoteAddress: String, listenerName: String,
    receivedAt: ContinuousClock.Instant, cutAt: ContinuousClock.Instant
  ) {
    parts = Parts(
      head: head, method: method, route: route, remoteAddress: remoteAddress,
      listenerName: listenerName, receivedAt: receivedAt, cutAt: cutAt)
  }

  var head: RequestHead { parts.head }
  /// The method.
  public var method: Method { parts.method }
  /// The client's address as text, without a port; `unix` on a unix socket.
  public var remoteAddress: String { parts.remoteAddress }
  /// The name of the listener that it came in by.
  public var listenerName: String { parts.listenerName }
  /// When the request line was complete.
  public var receivedAt: ContinuousClock.Instant { parts.receivedAt }
  /// The route that answers, once it is known; its template labels metrics and logs.
  public internal(set) var route: Route {
    get { parts.route }
    set { owned.route = newValue }
  }
  /// The path parameters, percent-decoded, in the order of the template.
  public internal(set) var parameters: [PathParameter] {
    get { parts.parameters }
    set { owned.parameters = newValue }
  }
  /// When the server gives up on the request.
  var cutAt: ContinuousClock.Instant {
    get { parts.cutAt }
    set { owned.cutAt = newValue }
  }
  /// What the service knows of the request, filled by `Hooks.prepare`.
  public var context: RequestContext {
    get { parts.context }
    set { owned.context = newValue }
  }
  /// The body, at most `bodyBytesMax` of the route or the server.
  public var body: [UInt8] { parts.body }

  /// Makes room for a body of so many bytes.
  mutating func reserveBody(_ count: Int) { owned.body.reserveCapacity(count) }

  /// What the body has of the room for large ones; nil for a small one.
  var share: BodyShare? {
    get { parts.share }
    set { owned.share = newValue }
  }

  /// Forgets what came of a body that is refused.
  mutating func dropBody() { (owned.body, owned.share) = ([], nil) }

  /// Adds the next part of the body.
  mutating func appendToBody(_ part: UnsafeRawBufferPointer) {
    unsafe owned.body.append(contentsOf: part)
  }

  /// The parts, for a change that no other copy sees.
  private var owned: Parts {
    mutating get {
      if !isKnownUniquelyReferenced(&parts) { parts = Parts(copying: parts) }
      return parts
    }
  }

  /// The target exactly as it was sent.
  public var rawTarget: String {
    String(decoding: head.bytes[..<head.targetEnd], as: UTF8.self)
  }

  /// The path as it was sent, escapes kept: `%2F` is no separator.
  public var path: String { String(decoding: head.bytes[head.path], as: UTF8.self) }

  /// Whether the path is `base` or lies below it, escapes decoded, whatever route it has.
  ///
  /// Cheap enough for every request: nothing is allocated, and most differ in an early byte.
  public func isWithin(_ base: [UInt8]) -> Bool {
    var rest = head.bytes[head.path]
    for expected in base {
      guard let byte = rest.popFirst() else { return false }
      if byte == expected { continue }
      // An escaped slash separates nothing, so it never equals the one in `base`.
      guard byte == UInt8(ascii: "%"), expected != UInt8(ascii: "/"),
        let high = rest.popFirst(), let low = rest.popFirst(),
        PercentEncoding.byte(high, low) == expected
      else { return false }
    }
    return rest.isEmpty || rest.first == UInt8(ascii: "/")
  }

  /// The client's address as text: as trusted proxies say, otherwise `remoteAddress`.
  public var clientAddress: String { context.clientAddress ?? remoteAddress }

  /// The headers.
  public var headers: RequestHeaders { RequestHeaders(head: head) }

  /// What is left for answering.
  public var deadline: Deadline { .after(ContinuousClock.now.duration(to: cutAt)) }

  /// The path parameter called `name`; nil where the template has none.
  public func parameter(_ name: String) -> String? {
    parameters.first { $0.name == name }?.value
  }

  /// Whether the target has a query that is not empty.
  public var hasQuery: Bool { !head.query.isEmpty }

  /// The value of the first query parameter called `name`; nil where there is none.
  public func query(_ name: String) -> String? {
    queryPairs.first { $0.name == name }?.value
  }

  /// Every query parameter in the order they came, decoded; `+` is a space.
  ///
  /// A parameter without `=` has the empty value. Malformed escapes were refused earlier.
  public var queryPairs: [(name: String, value: String)] {
    head.query.split(separator: UInt8(ascii: "&")).map { pair in
      let middle = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
      return (
        name: PercentEncoding.decode(pair[..<middle], plusIsSpace: true) ?? "",
        value: PercentEncoding.decode(pair[middle...].dropFirst(), plusIsSpace: true) ?? ""
      )
    }
  }
}

/// What a request consists of.
///
/// `@unchecked Sendable`: changed by a `Request` that holds the only reference, and by nobody else.
private final class Parts: @unchecked Sendable {
  let head: RequestHead
  let method: Method
  let remoteAddress: String
  let listenerName: String
  let receivedAt: ContinuousClock.Instant
  var route: Route
  var cutAt: ContinuousClock.Instant
  var parameters: [PathParameter] = []
  var body: [UInt8] = []
  var share: BodyShare?
  var context = RequestContext()

  init(
    head: RequestHead, method: Method, route: Route, remoteAddress: String, listenerName: String,
    receivedAt: ContinuousClock.Instant, cutAt: ContinuousClock.Instant
  ) {
    self.head = head
    self.method = method
    self.route = route
    self.remoteAddress = remoteAddress
    self.listenerName = listenerName
    self.receivedAt = receivedAt
    self.cutAt = cutAt
  }

  init(copying other: Parts) {
    head = other.head
    method = other.method
    remoteAddress = other.remoteAddress
    listenerName = other.listenerName
    receivedAt = other.receivedAt
    route = other.route
    cutAt = other.cutAt
    parameters = other.parameters
    body = other.body
    share = other.share
    context = other.context
  }
}

/// A named part of a path.
public struct PathParameter: Sendable, Equatable {
  /// The name in the template.
  public let name: String
  /// The decoded text.
  public let value: String
}

/// What the service attaches to a request before it is handled.
public struct RequestContext: Sendable {
  /// The identity that logs and answers carry.
  public var requestID = ""
  /// The W3C trace parent of this request.
  public var traceparent = ""
  /// Who asks, where trusted proxies say so; nil where it is the other end of the connection.
  public var clientAddress: String?

  /// An empty context.
  public init() {}
}
