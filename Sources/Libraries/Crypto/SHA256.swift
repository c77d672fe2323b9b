import CCrypto

/// SHA-256, by libcrypto.
@safe
public struct SHA256: ~Copyable {
  private let context: OpaquePointer

  /// The bytes in a digest.
  public static let digestBytes = 32

  /// Starts a digest.
  ///
  /// https://docs.openssl.org/3.0/man3/EVP_DigestInit/
  public init() {
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
    unsafe self.context = context
    let started = unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil)
    precondition(started == 1, "libcrypto has SHA-256")
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// Adds `bytes` to what is digested.
  public mutating func update(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { buffer in
      _ = unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
    }
  }

  /// The digest of all that was added.
  public consuming func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Self.digestBytes)
    var length: UInt32 = 0
    unsafe EVP_DigestFinal_ex(context, &digest, &length)
    return digest
  }

  /// The digest of `bytes`.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var digest = SHA256()
    digest.update(bytes)
    return digest.finish()
  }

  /// The digest of a text's UTF-8 in lower-case hexadecimal.
  public static func hexadecimal(_ text: String) -> String {
    Hexadecimal.encode(hash(Array(text.utf8)))
  }
}
