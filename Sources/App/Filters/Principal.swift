import HTTPServer

/// Who asks, as a valid token says.
struct Principal: Sendable, Equatable {
  /// What tells principals apart.
  ///
  /// The subject alone does not: every issuer gives names of its own.
  struct Identity: Sendable, Hashable {
    let subject: String
    /// Where the key comes from that proved it.
    let origin: String
    /// Nil where the token names none.
    let issuer: String?

    /// The same as texts, as many as tell two of them apart.
    var texts: [String] { [subject, origin] + (issuer.map { [$0] } ?? []) }
  }

  let identity: Identity
  let scopes: Set<String>

  init(_ identity: Identity, scopes: Set<String>) {
    self.identity = identity
    self.scopes = scopes
  }
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
