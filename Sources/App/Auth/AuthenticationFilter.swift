import Core
import HTTPServer
import Tokens

/// Turns `Authorization: Bearer` into who asks, and refuses whoever must say so and does not.
///
/// A token that is shown is checked, also where the configuration needs none: whoever sends one
/// means to be somebody, and would not learn otherwise that it has expired. Left aside, where none
/// is needed, are other schemes, which are a proxy's business, and tokens that cannot be checked,
/// because no key is configured or its issuer is away. What is open in any case, such as the
/// documentation, is not looked at.
struct AuthenticationFilter: Filter {
  /// What is told to clients while keys are away.
  static let retryAfterSeconds = 2

  let mode: AuthMode
  let policy: TokenPolicy
  let keys: KeyRing
  let metrics: TokenMetrics

  func answer(_ call: Call, _ next: Operation.Handler) throws -> Response {
    let access = call.operation.contract.access
    if access == .open { return try next(call) }
    let isDemanded = mode.demandsToken(for: access)
    guard let token = try token(call.request) else {
      if isDemanded { throw refused("missing", .unauthenticated()) }
      return try next(call)
    }
    guard let principal = try principal(token, isDemanded: isDemanded, call) else {
      return try next(call)
    }
    if !call.isPrecheck { metrics.count("accepted") }
    var call = call
    call.principal = principal
    return try accompanied(by: Self.unstored, call, next)
  }

  /// What a token opened must not be kept by anybody on the way.
  private static let unstored = [Problem.Header("Cache-Control", "no-store")]

  /// The token of the request; nil where there is none for us (RFC 6750, section 2.1).
  private func token(_ request: Request) throws(Problem) -> String? {
    let all = request.headers.all("Authorization")
    guard all.count <= 1 else {
      throw refused("malformed", .ambiguousCredentials)
    }
    guard let header = all.first, header.prefix(6).lowercased() == "bearer" else { return nil }
    let rest = header.dropFirst(6)
    guard rest.isEmpty || rest.first == " " else { return nil }
    return String(rest.drop { $0 == " " })
  }

  /// Who asks, as the token says; nil where it cannot be checked and need not be.
  private func principal(
    _ token: String, isDemanded: Bool, _ call: Call
  ) throws -> Principal? {
    if keys.isUnconfigured {
      guard isDemanded else { return nil }
      throw refusal(.keyUnknown)
    }
    let mayWait = call.operation.execution != .inline && !call.isPrecheck
    do throws(TokenRefusal) {
      do throws(TokenRefusal) {
        return try verified(token)
      } catch .keyUnknown where mayWait && keys.search() {
        return try verified(token)
      }
    } catch .keyUnknown where call.isPrecheck && keys.maySearch {
      throw Undecided()
    } catch .keyUnknown where keys.lacksKeys {
      guard isDemanded else { return nil }
      throw refused("keys_away", .keysAway)
    } catch {
      throw refusal(error)
    }
  }

  private func verified(_ token: String) throws(TokenRefusal) -> Principal {
    let (claims, origin) = try TokenVerifier(keys.keys, policy).verifyWithOrigin(
      token, at: .now())
    return Principal(
      Principal.Identity(subject: claims.subject, origin: origin.rawValue, issuer: claims.issuer),
      scopes: Set(claims.scopes))
  }

  private func refusal(_ refusal: TokenRefusal) -> Problem {
    refused(
      refusal.label,
      .unauthenticated(error: "invalid_token", description: refusal.description))
  }

  private func refused(_ label: String, _ problem: Problem) -> Problem {
    metrics.count(label)
    return problem
  }
}

extension Problem {
  /// 400: two headers could be read differently by two servers.
  fileprivate static var ambiguousCredentials: Problem {
    Problem(
      status: 400, detail: "The request has more than one Authorization header.",
      headers: [
        Header("WWW-Authenticate", "Bearer realm=\"slipway\", error=\"invalid_request\"")
      ])
  }

  /// 503: nobody can say whether the token is valid, so it is not called invalid.
  fileprivate static var keysAway: Problem {
    Problem(
      status: 503, detail: "The keys to check the token with are not available.",
      headers: [Header("Retry-After", "\(AuthenticationFilter.retryAfterSeconds)")])
  }
}
