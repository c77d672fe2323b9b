import CCrypto

/// MD5, by libcrypto, for the header `Content-MD5` and nothing else.
///
/// Stores compare it to see whether bytes were damaged on their way; nothing here relies on it
/// against an adversary.
public enum MD5 {
  /// The digest of `bytes`, 16 bytes.
  ///
  /// https://docs.openssl.org/3.0/man3/EVP_DigestInit/
  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 16)
    var length: UInt32 = 0
    let made = unsafe bytes.withUnsafeBytes { buffer in
      unsafe EVP_Digest(buffer.baseAddress, buffer.count, &digest, &length, EVP_md5(), nil)
    }
    precondition(made == 1 && length == digest.count, "libcrypto has MD5")
    return digest
  }
}
