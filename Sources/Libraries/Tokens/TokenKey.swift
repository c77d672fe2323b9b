import Core
import Crypto

/// How tokens are signed, by the names of RFC 7518 and RFC 8037.
public enum TokenAlgorithm: String, Sendable, CaseIterable {
  /// A shared secret.
  case hs256 = "HS256"
  /// A pair of RSA keys.
  case rs256 = "RS256"
  /// A pair of keys of P-256.
  case es256 = "ES256"
  /// A pair of Ed25519 keys.
  case edDSA = "EdDSA"
}

/// Why a secret makes no key.
public enum TokenSecretError: Error, Sendable, Equatable {
  /// So many bytes, fewer than `TokenKey.secretBytesMin`.
  case tooShort(Int)
}

extension TokenSecretError: CustomStringConvertible {
  /// What it has and what it needs.
  public var description: String {
    switch self {
    case .tooShort(let bytes):
      "a secret of \(bytes) bytes; it needs at least \(TokenKey.secretBytesMin)"
    }
  }
}

/// A key that checks tokens, made for one algorithm.
///
/// A token names its algorithm, and whoever forged it chose that name: only keys of the same
/// algorithm are looked at, so that no public key is ever taken for a shared secret (RFC 8725,
/// section 3.1).
public struct TokenKey: Sendable {
  private enum Material: Sendable {
    case secret([UInt8])
    case pair(PublicKey)
  }

  /// The name that tokens call it by; nil answers to every name.
  public let identifier: String?
  /// The one algorithm it is used with.
  public let algorithm: TokenAlgorithm
  private let material: Material

  /// Where a key comes from, as far as it tells who could have signed with it.
  public enum Origin: String, Sendable {
    /// Whoever shares the secret.
    case secret
    /// The issuer who published the key.
    case keySet = "key set"
  }

  /// A secret is ours, a public key an issuer's.
  public var origin: Origin {
    switch material {
    case .secret: .secret
    case .pair: .keySet
    }
  }

  /// As long as the code that it makes: shorter ones can be guessed (RFC 7518, section 3.2).
  public static let secretBytesMin = 32

  /// A shared secret, for HS256.
  public init(secret: Secret, identifier: String? = nil) throws(TokenSecretError) {
    try self.init(secretBytes: Array(secret.reveal().utf8), identifier: identifier)
  }

  /// A shared secret that need not be text, for HS256.
  public init(secretBytes bytes: [UInt8], identifier: String? = nil) throws(TokenSecretError) {
    guard bytes.count >= Self.secretBytesMin else { throw .tooShort(bytes.count) }
    self.identifier = identifier
    algorithm = .hs256
    material = .secret(bytes)
  }

  /// A public key, for the algorithm of its kind.
  public init(_ key: PublicKey, identifier: String? = nil) {
    self.identifier = identifier
    algorithm =
      switch key.scheme {
      case .rsaPKCS1SHA256: .rs256
      case .ecdsaP256SHA256: .es256
      case .ed25519: .edDSA
      }
    material = .pair(key)
  }

  func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    switch material {
    case .secret(let secret): HMACSHA256.isValid(signature, of: message, key: secret)
    case .pair(let key): key.isValid(signature, of: message)
    }
  }
}

extension TokenKey: CustomStringConvertible, CustomReflectable {
  /// Algorithm and name, never the key.
  public var description: String {
    identifier.map { "\(algorithm.rawValue) key \($0.debugDescription)" }
      ?? "\(algorithm.rawValue) key"
  }

  /// A mirror without children, so that `dump` shows no secret.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
