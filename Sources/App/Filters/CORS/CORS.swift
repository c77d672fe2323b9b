import HTTPServer

/// Which pages of other origins may read what the service answers.
///
/// https://fetch.spec.whatwg.org/#http-cors-protocol
///
/// It works on every answer, refusals of the server included: a page that may not read an error
/// can not tell it from a network that is down. Credentials are never allowed: tokens stand in a
/// header that the page sets itself, and there are no cookies. `Cross-Origin-Resource-Policy` is
/// not sent: `nosniff` and the media types keep what is served here out of other pages' images and
/// scripts already.
struct CORS: Sendable, Equatable {
  /// Who may.
  enum Origins: Sendable, Equatable {
    case any
    case listed(Set<String>)
  }

  /// How long a browser may keep what a preflight was told.
  static let maxAgeSeconds = 600

  /// What a page may send beyond what every form can.
  private static let requestHeaders = [
    "Accept", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match",
    "X-Request-Id", "traceparent",
  ].joined(separator: ", ")

  /// What a page may read beyond the few headers that are always shown.
  private static let responseHeaders = [
    "Age", "Allow", "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit",
    "RateLimit-Policy", "Retry-After", "WWW-Authenticate", "X-Request-Id", "X-Revision",
    "traceparent",
  ].joined(separator: ", ")

  let origins: Origins

  /// Adds what a browser asks for; changes nothing for others but `Vary`.
  func finish(_ request: Request, _ response: inout Response) {
    if origins != .any { response.headers.vary("Origin") }
    guard let origin = request.headers["Origin"], let allowed = allowed(origin) else { return }
    response.headers.append("Access-Control-Allow-Origin", allowed)
    guard request.method == .options,
      request.headers["Access-Control-Request-Method"] != nil
    else {
      response.headers.append("Access-Control-Expose-Headers", Self.responseHeaders)
      return
    }
    // The server answers OPTIONS by itself, with the methods of the path.
    guard response.status == 204, let methods = response.headers["Allow"] else { return }
    response.headers.append("Access-Control-Allow-Methods", methods)
    response.headers.append("Access-Control-Allow-Headers", Self.requestHeaders)
    response.headers.append("Access-Control-Max-Age", String(Self.maxAgeSeconds))
  }

  private func allowed(_ origin: String) -> String? {
    switch origins {
    case .any: "*"
    case .listed(let listed): listed.contains(origin) ? origin : nil
    }
  }

  /// Reads `*` or origins with commas between them; nil where one is not written as browsers do.
  init?(_ text: String) {
    if text == "*" {
      origins = .any
      return
    }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    guard !parts.isEmpty, parts.allSatisfy(Self.isOrigin) else { return nil }
    origins = .listed(Set(parts))
  }

  /// Scheme, host in lower case, and a port that is not the scheme's; nothing else.
  private static func isOrigin(_ text: String) -> Bool {
    guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
    let host = text.dropFirst(scheme.count)
    return !host.isEmpty && !host.hasSuffix(scheme == "https://" ? ":443" : ":80")
      && host.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
          || [0x2D, 0x2E, 0x3A, 0x5B, 0x5D].contains(byte)
      }
  }

  /// As it is configured.
  var text: String {
    switch origins {
    case .any: "*"
    case .listed(let listed): listed.sorted().joined(separator: ",")
    }
  }
}
