import Core
import Crypto
import JSON
import Testing
import Tokens

/// Makes tokens that are good but for what a test changes.
enum TokenShop {
  static let secret = Secret("a secret of this shop, thirty-two bytes and more")
  /// 2027-01-15T08:00:00Z.
  static let seconds: Int64 = 1_800_000_000
  static let now = Timestamp(microsecondsSinceEpoch: seconds * 1_000_000)

  static func keys() throws -> TokenKeySet { TokenKeySet([try TokenKey(secret: secret)]) }

  static func verifier(issuer: String? = nil, audience: String? = nil) throws -> TokenVerifier {
    TokenVerifier(try keys(), TokenPolicy(issuer: issuer, audience: audience))
  }

  /// A token of any text, its signature right.
  static func token(
    header: String = #"{"alg":"HS256","typ":"JWT"}"#,
    claims: String = #"{"sub":"ada","exp":1800003600}"#
  ) -> String {
    token(header: Array(header.utf8), claims: Array(claims.utf8))
  }

  static func token(header: [UInt8], claims: [UInt8]) -> String {
    let signed = Base64URL.encode(header) + "." + Base64URL.encode(claims)
    return signed + "."
      + Base64URL.encode(
        HMACSHA256.code(of: Array(signed.utf8), key: Array(secret.reveal().utf8)))
  }

  /// Why the token is refused; nil where it is not.
  static func refusal(
    _ token: String, issuer: String? = nil, audience: String? = nil
  ) throws -> TokenRefusal? {
    let verifier = try verifier(issuer: issuer, audience: audience)
    do throws(TokenRefusal) {
      _ = try verifier.verify(token, at: now)
      return nil
    } catch { return error }
  }
}
