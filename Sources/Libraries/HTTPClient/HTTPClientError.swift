import CCurl
import Glibc

/// A result code of libcurl.
///
/// https://curl.se/libcurl/c/libcurl-errors.html
public struct CurlCode: RawRepresentable, Sendable, Hashable {
  /// The number as libcurl gives it.
  public let rawValue: UInt32

  /// The code with that number.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  init(_ code: CURLcode) { self.rawValue = code.rawValue }
}

/// Why there is no answer.
///
/// The message is libcurl's, which names hosts and ports but no headers and no query.
public struct HTTPClientError: Error, Sendable, Equatable {
  /// What kind of failure it was, for decisions and for counting.
  public enum Kind: String, Sendable, CaseIterable {
    /// The request can not be sent as it is.
    case invalidRequest = "invalid request"
    /// No address for the host's name.
    case nameNotResolved = "name not resolved"
    /// Nobody listens there.
    case refused
    /// No way there: no route, no such socket, no permission.
    case unreachable
    /// The connection did not stand in time.
    case connectTimeout = "connect timeout"
    /// The answer did not come in time.
    case timeout
    /// No trust, or no agreement, on an encrypted connection.
    case tls
    /// The connection ended before the answer did.
    case cut
    /// The answer's body is longer than allowed.
    case tooLarge = "too large"
    /// What came is not HTTP.
    case badAnswer = "bad answer"
    /// More redirections than allowed.
    case redirects
    /// This machine has no port, descriptor or memory left for a connection; not the server's
    /// doing.
    case exhausted = "out of local resources"
    /// The caller did not want it any longer.
    case cancelled
    /// Anything else.
    case other
  }

  /// What kind of failure it was.
  public let kind: Kind
  /// libcurl's code.
  public let code: CurlCode
  /// libcurl's words.
  public let message: String

  init(_ kind: Kind, _ code: CURLcode, _ message: String) {
    self.kind = kind
    self.code = CurlCode(code)
    self.message = message
  }
}

extension HTTPClientError: CustomStringConvertible {
  /// `kind: message`.
  public var description: String { "\(kind.rawValue): \(message)" }
}

extension HTTPClientError.Kind {
  private static let exhaustedCodes = [EADDRNOTAVAIL, EMFILE, ENFILE, ENOBUFS, ENOMEM].map(Int.init)

  /// The kind of a failed transfer: its code, the system's reason, whether a connection stood.
  init(_ code: CURLcode, systemCode: Int, connected: Bool) {
    self =
      switch code {
      case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT:
        connected ? .badAnswer : .invalidRequest
      case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .nameNotResolved
      case CURLE_COULDNT_CONNECT:
        switch systemCode {
        case Int(ECONNREFUSED): .refused
        case Int(ETIMEDOUT): .connectTimeout
        case _ where Self.exhaustedCodes.contains(systemCode): .exhausted
        default: .unreachable
        }
      case CURLE_OPERATION_TIMEDOUT: connected ? .timeout : .connectTimeout
      case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
        CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
        CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        .tls
      case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE: .cut
      case CURLE_OUT_OF_MEMORY: .exhausted
      case CURLE_FILESIZE_EXCEEDED: .tooLarge
      case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2: .badAnswer
      case CURLE_TOO_MANY_REDIRECTS: .redirects
      default: .other
      }
  }
}
