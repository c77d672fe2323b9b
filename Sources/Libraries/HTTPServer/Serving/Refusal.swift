import Core

/// Why the server itself refused a request.
public enum Refusal: String, Sendable, CaseIterable {
  /// The library found the request line or a header line malformed, or too large for its memory.
  case malformed
  /// More blanks than one, a method or a target with forbidden bytes.
  case requestLine
  /// A header line that is folded, ends in a bare line feed, or holds forbidden bytes.
  case headerLine
  /// No `Host`, or more than one.
  case host
  /// More than one `Content-Length`.
  case contentLength
  /// `Transfer-Encoding` beside `Content-Length`, twice, or other than `chunked`.
  case transferEncoding
  /// An escape in the target that is malformed or no UTF-8.
  case targetEncoding
  /// A target longer than `targetBytesMax`.
  case targetBytes
  /// More bytes or lines than `headerBytesMax` and `headersMax`.
  case headerBytes
  /// A body larger than `bodyBytesMax`.
  case bodyBytes
  /// No room among the large bodies, `largeBodiesBytesMax`.
  case bodyRoom
  /// An `Expect` other than `100-continue`.
  case expectation
  /// Not complete before the deadline.
  case requestTimeout
  /// No room in the workers' queue.
  case queueFull
  /// Waited for a worker past the deadline.
  case queueTimeout
  /// The handler ran past its deadline.
  case handlerTimeout

  /// The status that tells it.
  var status: Int {
    switch self {
    case .malformed, .requestLine, .headerLine, .host, .contentLength, .transferEncoding,
      .targetEncoding:
      400
    case .requestTimeout: 408
    case .bodyBytes: 413
    case .targetBytes: 414
    case .expectation: 417
    case .headerBytes: 431
    case .bodyRoom, .queueFull, .queueTimeout, .handlerTimeout: 503
    }
  }

  /// What the client reads.
  var detail: String {
    switch self {
    case .malformed: "The request is malformed."
    case .requestLine: "The request line is malformed."
    case .headerLine: "A header line is malformed."
    case .host: "A request carries exactly one Host."
    case .contentLength: "Content-Length is given once."
    case .transferEncoding: "Transfer-Encoding is chunked, once, and without Content-Length."
    case .targetEncoding: "The target is no percent-encoded UTF-8."
    case .targetBytes: "The target is too long."
    case .headerBytes: "The header is too large."
    case .bodyBytes: "The body is too large."
    case .bodyRoom: "The server holds as many large bodies as it may."
    case .expectation: "The only expectation that is met is 100-continue."
    case .requestTimeout: "The request was not complete in time."
    case .queueFull, .queueTimeout: "The server is busy."
    case .handlerTimeout: "The answer was not ready in time."
    }
  }
}

/// One counter for each reason; refusals are rare enough to share it between threads.
final class RefusalCounters: Sendable {
  private let counts = Guarded<[Refusal: Int]>([:])

  func count(_ reason: Refusal) { counts.withLock { $0[reason, default: 0] += 1 } }

  var snapshot: [Refusal: Int] { counts.withLock { $0 } }
}
