import Core

/// One header line of a request or an answer.
public struct HTTPHeader: Sendable, Equatable {
  /// The name as written; compared without case.
  public let name: String
  /// The value without the spaces around it.
  public let value: String

  /// A header line.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// Whether this is the header called `other`, without case.
  public func isNamed(_ other: String) -> Bool {
    name.utf8.count == other.utf8.count && name.lowercased() == other.lowercased()
  }
}

/// A request to an HTTP server, as a value that a test can compare.
public struct HTTPRequest: Sendable, Equatable {
  /// Which connection carries a request.
  public enum Connection: Sendable, Equatable {
    /// One that is open already, where there is one; it is kept open afterwards.
    case kept
    /// A new one, closed afterwards.
    case fresh
  }

  /// The method, in capitals.
  public var method: String
  /// An absolute URL, `http` or `https`.
  public var url: String
  /// Header lines in the order in which they are sent.
  public var headers: [HTTPHeader]
  /// The body; empty for none.
  public var body: [UInt8]
  /// A unix socket to connect to in place of the URL's host, which is still sent as `Host`.
  public var unixSocketPath: String?
  /// When the whole exchange must be over; one that has passed lets nothing be sent.
  public var deadline: Deadline
  /// Most time for the connection, with TLS; within the deadline.
  public var connectTimeout: Duration
  /// Most time in which not one byte goes either way, before the error `timeout`; in whole seconds,
  /// nil for as long as the deadline lets it.
  public var silenceMax: Duration?
  /// Most bytes of the answer's body; a longer one is the error `tooLarge`.
  public var bodyBytesMax: Int
  /// Whether the answer's body is kept; where it is not, it may be of any length.
  public var keepsBody = true
  /// Whether redirections are followed, for GET and HEAD alone, up to `redirectsMax`.
  public var followsRedirects = false
  /// A file of certificates (PEM) to trust in place of the system's.
  public var certificateAuthorityPath: String?
  /// What is sent as `User-Agent`.
  public var userAgent = HTTPRequest.userAgentDefault
  /// Whether `http_proxy`, `https_proxy` and `no_proxy` of the environment are honoured.
  public var usesEnvironmentProxy = false
  /// Which connection carries it.
  public var connection = Connection.kept
  /// Whether a request is sent again, once per dead connection, where a kept connection turned out
  /// to be closed by the server before it answered anything.
  ///
  /// Browsers do so. It is wrong for what must not happen twice, and for measuring what was lost.
  public var resendsOnDeadConnection: Bool

  /// For an exchange that names no deadline.
  public static let timeoutDefault: Duration = .seconds(30)
  /// For a connection that names no time.
  public static let connectTimeoutDefault: Duration = .seconds(5)
  /// For an answer that names no limit.
  public static let bodyBytesMaxDefault = 16 * 1024 * 1024
  /// Most redirections in a row.
  public static let redirectsMax = 5
  /// The name and version of this program.
  public static let userAgentDefault = "slipway/" + Version.current

  private static let methodsToRepeat: Set<String> = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]

  /// A request; resent on a dead connection where the method may be repeated (RFC 9110, 9.2.2).
  public init(
    _ url: String, method: String = "GET", headers: [HTTPHeader] = [], body: [UInt8] = [],
    unixSocketPath: String? = nil, deadline: Deadline = .after(timeoutDefault),
    connectTimeout: Duration = connectTimeoutDefault, bodyBytesMax: Int = bodyBytesMaxDefault
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.unixSocketPath = unixSocketPath
    self.deadline = deadline
    self.connectTimeout = connectTimeout
    self.bodyBytesMax = bodyBytesMax
    self.resendsOnDeadConnection = Self.methodsToRepeat.contains(method)
  }

  /// What can not be sent, nil where all can: a line break in a header would begin another one.
  var flaw: String? {
    if method.isEmpty || !method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) {
      return "the method is not a word in capitals"
    }
    if url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
      return "the URL holds a space or a control character"
    }
    let lines = headers + [HTTPHeader("User-Agent", userAgent)]
    if let header = lines.first(where: { !Self.isToken($0.name) }) {
      return "the header name \(header.name.debugDescription) is not a token"
    }
    if let header = lines.first(where: { $0.value.utf8.contains { [0, 10, 13].contains($0) } }) {
      return "the header \(header.name) holds a line break or a zero byte"
    }
    let paths = [unixSocketPath, certificateAuthorityPath].compactMap(\.self)
    return paths.contains { $0.utf8.contains(0) } ? "a path holds a zero byte" : nil
  }

  private static func isToken(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
      }
  }
}
