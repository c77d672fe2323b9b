/// An answer.
public struct Response: Sendable {
  /// Where the body comes from.
  public enum Body: Sendable {
    /// No body.
    case none
    /// A body that is there.
    case bytes([UInt8])
    /// A body that is made while it is sent, in chunks.
    case stream(BodyProducer)
  }

  /// The status code.
  public var status: Int
  /// The headers; `Date`, `Content-Length` and `Transfer-Encoding` are the server's.
  public var headers: ResponseHeaders
  /// The body.
  public var body: Body
  /// Whether a body worth it may be sent compressed.
  ///
  /// Off for what mixes secrets with text that a stranger chose (BREACH).
  public var mayCompress = true

  /// Whether status and body are always the same, so that the server may keep them ready.
  ///
  /// For answers that balancers ask for all the time; headers may differ from one to the next.
  public var isConstant = false

  /// An answer with any headers and body.
  public init(
    status: Int, headers: ResponseHeaders = ResponseHeaders(), body: Body = .none
  ) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A plain text in UTF-8.
  public static func text(_ text: String, status: Int = 200) -> Response {
    bytes(Array(text.utf8), contentType: "text/plain; charset=utf-8", status: status)
  }

  /// A plain text that is always the same; make it once, as a `static let`.
  public static func constant(_ text: String, status: Int = 200) -> Response {
    var response = Self.text(text, status: status)
    response.isConstant = true
    return response
  }

  /// A body that is JSON already.
  public static func json(_ bytes: [UInt8], status: Int = 200) -> Response {
    self.bytes(bytes, contentType: "application/json", status: status)
  }

  /// A body of any media type.
  public static func bytes(
    _ bytes: [UInt8], contentType: String, status: Int = 200
  ) -> Response {
    var headers = ResponseHeaders()
    headers.reserve(ResponseHeaders.usualCount)
    headers.append("Content-Type", contentType)
    return Response(status: status, headers: headers, body: .bytes(bytes))
  }

  /// A body that `next` makes chunk by chunk until it gives nil.
  ///
  /// `.inline` calls it on the event thread, where it must not wait; `.worker` on the pool.
  /// A throwing `next` breaks the connection off, so that the client does not take a part for the
  /// whole.
  public static func stream(
    contentType: String, status: Int = 200, execution: Execution = .worker,
    next: @escaping @Sendable () throws -> [UInt8]?
  ) -> Response {
    Response(
      status: status, headers: ResponseHeaders([("Content-Type", contentType)]),
      body: .stream(BodyProducer(execution: execution, next: next)))
  }

  /// No body, 204 unless told otherwise.
  public static func empty(status: Int = 204) -> Response { Response(status: status) }

  /// The bytes of the body where they are known; nil for a stream.
  public var bodyBytes: Int? {
    switch body {
    case .none: 0
    case .bytes(let bytes): bytes.count
    case .stream: nil
    }
  }
}

/// The source of a streamed body.
public struct BodyProducer: Sendable {
  let execution: Execution
  let next: @Sendable () throws -> [UInt8]?
}

/// The headers of an answer, in order.
public struct ResponseHeaders: Sendable {
  /// Name and value, in the order they are sent.
  public private(set) var pairs: [(name: String, value: String)]

  /// What an answer has with all that is added around it, so that the list grows once.
  static let usualCount = 10

  /// Headers in the given order.
  public init(_ pairs: [(name: String, value: String)] = []) { self.pairs = pairs }

  /// The first value of `name`; setting replaces all of them, nil removes them.
  public subscript(_ name: String) -> String? {
    get { pairs.first { Self.same($0.name, name) }?.value }
    set {
      pairs.removeAll { Self.same($0.name, name) }
      if let newValue { pairs.append((name, newValue)) }
    }
  }

  /// Adds a header, whatever is there already.
  public mutating func append(_ name: String, _ value: String) { pairs.append((name, value)) }

  /// Makes room for as many headers as will be added.
  public mutating func reserve(_ count: Int) { pairs.reserveCapacity(pairs.count + count) }

  /// Adds `field` to `Vary` unless it is listed.
  public mutating func vary(_ field: String) {
    guard let listed = self["Vary"] else { return append("Vary", field) }
    let names = listed.split(separator: ",").map { $0.drop { $0 == " " } }
    if !names.contains(where: { Self.same(String($0), field) }) {
      self["Vary"] = "\(listed), \(field)"
    }
  }

  private static func same(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count
      && (left == right || left.lowercased() == right.lowercased())
  }
}
