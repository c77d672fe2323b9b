/// An answer of an HTTP server, whatever its status.
public struct HTTPResponse: Sendable, Equatable {
  /// When what happened, counted from the moment the request was handed over.
  public struct Timings: Sendable, Equatable {
    /// Until the connection stood, TLS included; zero where a kept one was used.
    public let connect: Duration
    /// Until the first byte of the answer.
    public let firstByte: Duration
    /// Until the last byte of the answer.
    public let total: Duration
  }

  /// The status, 100 to 599.
  public let status: Int
  /// Header lines in the order in which they came; those of the last answer after redirections.
  public let headers: [HTTPHeader]
  /// The body, where it was kept.
  public let body: [UInt8]
  /// When what happened.
  public let timings: Timings
  /// Whether a connection was made for it.
  public let madeConnection: Bool

  /// The value of the first header called `name`, without case.
  public func header(_ name: String) -> String? { headers.first { $0.isNamed(name) }?.value }

  /// Whether the status is 200 to 299.
  public var isSuccess: Bool { (200...299).contains(status) }

  /// The same with an empty body.
  var withoutBody: HTTPResponse {
    HTTPResponse(
      status: status, headers: headers, body: [], timings: timings, madeConnection: madeConnection)
  }

  /// The body as text; bytes that are no UTF-8 become U+FFFD.
  public var text: String { String(decoding: body, as: UTF8.self) }
}
