import HTTPServer

/// Who asks, as a valid token says.
struct Principal: Sendable, Equatable {
  let subject: String
  let scopes: Set<String>
}

extension Problem {
  /// 401: who asks showed no token, or none that is valid.
  ///
  /// `error` is nil where none was shown, as RFC 6750, section 3.1, has it.
  static func unauthenticated(error: String? = nil, description: String? = nil) -> Problem {
    var challenge = "Bearer realm=\"slipway\""
    if let error { challenge += ", error=\"\(error)\"" }
    if let description { challenge += ", error_description=\"\(description)\"" }
    return Problem(
      status: 401, detail: description ?? "A bearer token is needed.",
      headers: [Header("WWW-Authenticate", challenge)])
  }

  /// 403: the token is valid and does not allow this.
  static func insufficient(_ scope: String) -> Problem {
    Problem(
      status: 403, detail: "The token lacks the scope \(scope).",
      headers: [
        Header(
          "WWW-Authenticate",
          "Bearer realm=\"slipway\", error=\"insufficient_scope\", scope=\"\(scope)\"")
      ])
  }
}
