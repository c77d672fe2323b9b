import Core
import Crypto
import JSON

/// Makes tokens.
public struct TokenSigner: Sendable {
  private enum Material: Sendable {
    case secret([UInt8])
    case pair(PrivateKey)
  }

  /// What the header says.
  public let algorithm: TokenAlgorithm
  private let identifier: String?
  private let material: Material

  /// Signs with a shared secret, which must be as long as one that checks.
  public init(secret: Secret, identifier: String? = nil) throws(TokenSecretError) {
    let bytes = Array(secret.reveal().utf8)
    guard bytes.count >= TokenKey.secretBytesMin else { throw .tooShort(bytes.count) }
    algorithm = .hs256
    self.identifier = identifier
    material = .secret(bytes)
  }

  /// Signs with the secret half of a pair.
  public init(_ key: PrivateKey, identifier: String? = nil) {
    algorithm =
      switch key.scheme {
      case .rsaPKCS1SHA256: .rs256
      case .ecdsaP256SHA256: .es256
      case .ed25519: .edDSA
      }
    self.identifier = identifier
    material = .pair(key)
  }

  /// A token that says `claims`.
  public func sign(_ claims: TokenClaims) throws(SignatureKeyError) -> Secret {
    var header = JSONWriter()
    header.object { writer in
      writer.member("alg", algorithm.rawValue)
      writer.member("typ", "JWT")
      if let identifier { writer.member("kid", identifier) }
    }
    let signed = Base64URL.encode(header.bytes) + "." + Base64URL.encode(claims.encoded())
    let signature =
      switch material {
      case .secret(let secret): HMACSHA256.code(of: Array(signed.utf8), key: secret)
      case .pair(let key): try key.signature(of: Array(signed.utf8))
      }
    return Secret(signed + "." + Base64URL.encode(signature))
  }
}

extension TokenSigner: CustomStringConvertible, CustomReflectable {
  /// The algorithm, never the key.
  public var description: String { "\(algorithm.rawValue) signer" }

  /// A mirror without children, so that `dump` shows no secret.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
