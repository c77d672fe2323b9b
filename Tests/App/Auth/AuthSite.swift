import Core
import Crypto
import HTTPClient
import JSON
import Logging
import POSIX
import TestSupport
import Testing
import Tokens

@testable import App

/// Keys, tokens and what a service is told of them.
enum AuthSite {
  static let secret = "a secret for tests, thirty-two bytes and more"
  static let oldSecret = "the secret before it, also long enough for it"
  static let scope = "histories:read"

  /// A pair of Ed25519 keys, RFC 8037's own.
  static let point = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
  static func pair() throws -> PrivateKey {
    try PrivateKey(
      ed25519: try #require(Base64URL.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")))
  }

  /// The set that holds the pair's public half under these names.
  static func keySet(_ names: String...) -> String {
    let keys = names.map {
      #"{"kty":"OKP","crv":"Ed25519","use":"sig","kid":"\#($0)","x":"\#(point)"}"#
    }
    return #"{"keys":[\#(keys.joined(separator: ","))]}"#
  }

  static func claims(
    _ scopes: [String] = [scope], expiresIn: Duration = .seconds(600)
  ) -> TokenClaims {
    TokenClaims(
      subject: "ada", scopes: scopes, expiresAt: Timestamp.now().advanced(by: expiresIn),
      issuer: "https://issuer.example", audiences: ["slipway"])
  }

  static func token(
    _ claims: TokenClaims = claims(), secret: String = secret
  ) throws -> [String: String] {
    bearer(try TokenSigner(secret: Secret(secret)).sign(claims))
  }

  /// A token that the pair signed under a name.
  static func signed(_ name: String) throws -> [String: String] {
    bearer(try TokenSigner(try pair(), identifier: name).sign(claims()))
  }

  private static func bearer(_ token: Secret) -> [String: String] {
    ["Authorization": "Bearer \(token.reveal())"]
  }
}

extension RunningService {
  /// The histories, which always need a token with their scope.
  func histories(_ headers: [String: String] = [:]) throws -> HTTPResponse {
    try get("/api/histories", headers: headers)
  }

  /// Every line of the log.
  var logged: String { log.written.joined(separator: "\n") }

  /// A sample of the metrics page.
  func sample(_ name: String) throws -> String? {
    try get("/metrics").text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.map {
      String($0.dropFirst(name.count + 1))
    }
  }
}
