import CCrypto

/// How a message is signed with a pair of keys.
public enum SignatureScheme: Sendable, CaseIterable {
  /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2).
  case rsaPKCS1SHA256
  /// ECDSA on P-256 with SHA-256 (FIPS 186-5); a signature is r and s, 32 bytes each.
  case ecdsaP256SHA256
  /// Ed25519 (RFC 8032); a signature is 64 bytes.
  case ed25519
}

/// Why bytes make no key.
public enum SignatureKeyError: Error, Sendable, Equatable {
  /// An RSA modulus of so many bits, outside of `PublicKey.modulusBits`.
  case modulusBits(Int)
  /// An RSA exponent that is even, below 3 or longer than 32 bits.
  case exponent
  /// Another length than the curve's, or a point that is not on it.
  case notOnCurve
  /// Not what is written as text where a key is.
  case unreadable
  /// libcrypto refuses the numbers for another reason.
  case refused
}

/// A key that anybody may have, to check signatures with.
///
/// Safe to send: libcrypto's key is never changed after it was made, and checking with one key in
/// several threads is allowed. https://docs.openssl.org/3.0/man7/openssl-threads/
@safe public final class PublicKey: @unchecked Sendable {
  /// The only scheme that the key serves.
  public let scheme: SignatureScheme
  private let key: OpaquePointer

  /// What an RSA key's modulus may have: below is too weak, above takes too long to check.
  public static let modulusBits = 2048...8192
  static let coordinateBytes = 32

  /// An RSA key; both numbers are big-endian.
  public init(rsaModulus modulus: [UInt8], exponent: [UInt8]) throws(SignatureKeyError) {
    scheme = .rsaPKCS1SHA256
    try RSANumbers.check(modulus, exponent)
    unsafe key = try KeyParts.makeKey(
      "RSA", slipway_public_key, [.number("n", modulus), .number("e", exponent)])
  }

  /// The point of P-256 with the coordinates `x` and `y`.
  public init(p256X x: [UInt8], y: [UInt8]) throws(SignatureKeyError) {
    scheme = .ecdsaP256SHA256
    unsafe key = try KeyParts.makeKey("EC", slipway_public_key, [.curveP256, .point(x, y)])
  }

  /// An Ed25519 key in its 32 bytes.
  public init(ed25519 bytes: [UInt8]) throws(SignatureKeyError) {
    scheme = .ed25519
    guard bytes.count == Self.coordinateBytes else { throw .notOnCurve }
    unsafe key = try KeyParts.makeKey("ED25519", slipway_public_key, [.octets("pub", bytes)])
  }

  deinit { unsafe EVP_PKEY_free(key) }

  /// Whether `signature` was made of `message` by the owner of this key's other half.
  ///
  /// https://docs.openssl.org/3.0/man3/EVP_DigestVerifyInit/
  public func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    var signature = signature
    if scheme == .ecdsaP256SHA256 {
      guard let encoded = ECDSASignature.encode(signature) else { return false }
      signature = encoded
    }
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
    defer {
      unsafe EVP_MD_CTX_free(context)
      // What libcrypto noted of a failure would puzzle the next one that looks, such as TLS.
      ERR_clear_error()
    }
    return unsafe EVP_DigestVerifyInit(context, nil, scheme.digest, nil, key) == 1
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

/// The half of a pair of keys that signs, for tools and tests that issue what others check.
///
/// Safe to send for the same reason as `PublicKey`.
@safe public final class PrivateKey: @unchecked Sendable {
  /// The only scheme that the key serves.
  public let scheme: SignatureScheme
  private let key: OpaquePointer

  /// An RSA key; the three numbers are big-endian.
  public init(
    rsaModulus modulus: [UInt8], exponent: [UInt8], privateExponent: [UInt8]
  ) throws(SignatureKeyError) {
    scheme = .rsaPKCS1SHA256
    try RSANumbers.check(modulus, exponent)
    unsafe key = try KeyParts.makeKey(
      "RSA", slipway_key_pair,
      [.number("n", modulus), .number("e", exponent), .number("d", privateExponent)])
  }

  /// A key of P-256: its point and its number.
  public init(p256X x: [UInt8], y: [UInt8], number: [UInt8]) throws(SignatureKeyError) {
    scheme = .ecdsaP256SHA256
    unsafe key = try KeyParts.makeKey(
      "EC", slipway_key_pair, [.curveP256, .point(x, y), .number("priv", number)])
  }

  /// An Ed25519 key from its 32 secret bytes.
  public init(ed25519 bytes: [UInt8]) throws(SignatureKeyError) {
    scheme = .ed25519
    guard bytes.count == PublicKey.coordinateBytes else { throw .notOnCurve }
    unsafe key = try KeyParts.makeKey("ED25519", slipway_key_pair, [.octets("priv", bytes)])
  }

  deinit { unsafe EVP_PKEY_free(key) }

  /// The signature of `message`, in the form that `PublicKey.isValid` takes.
  ///
  /// https://docs.openssl.org/3.0/man3/EVP_DigestSignInit/
  public func signature(of message: [UInt8]) throws(SignatureKeyError) -> [UInt8] {
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
    defer {
      unsafe EVP_MD_CTX_free(context)
      ERR_clear_error()
    }
    var length = 0
    guard unsafe EVP_DigestSignInit(context, nil, scheme.digest, nil, key) == 1,
      unsafe EVP_DigestSign(context, nil, &length, message, message.count) == 1
    else { throw .refused }
    var signature = [UInt8](repeating: 0, count: length)
    guard unsafe EVP_DigestSign(context, &signature, &length, message, message.count) == 1
    else { throw .refused }
    signature.removeLast(signature.count - length)
    guard scheme == .ecdsaP256SHA256 else { return signature }
    guard let plain = ECDSASignature.decode(signature) else { throw .refused }
    return plain
  }
}

extension SignatureScheme {
  /// Ed25519 digests by itself.
  fileprivate var digest: OpaquePointer? {
    self == .ed25519 ? nil : unsafe EVP_sha256()
  }
}

/// The limits of RSA's public numbers.
private enum RSANumbers {
  static func check(_ modulus: [UInt8], _ exponent: [UInt8]) throws(SignatureKeyError) {
    let modulus = modulus.drop { $0 == 0 }
    let exponent = exponent.drop { $0 == 0 }
    let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
    guard PublicKey.modulusBits.contains(bits) else { throw .modulusBits(bits) }
    guard exponent.count <= 4, let last = exponent.last, last & 1 == 1, Array(exponent) != [1]
    else { throw .exponent }
  }
}
