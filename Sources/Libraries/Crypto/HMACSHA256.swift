import CCrypto

/// HMAC with SHA-256 (RFC 2104), by libcrypto: proof that whoever wrote a message has the key.
public enum HMACSHA256 {
  /// The code of `message` under `key`, 32 bytes.
  ///
  /// https://docs.openssl.org/3.0/man3/HMAC/
  public static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: SHA256.digestBytes)
    var length = UInt32(code.count)
    let made = unsafe HMAC(
      EVP_sha256(), key, Int32(key.count), message, message.count, &code, &length)
    precondition(unsafe made != nil && length == code.count, "libcrypto has HMAC with SHA-256")
    return code
  }

  /// Whether `code` is that of `message` under `key`.
  public static func isValid(_ code: [UInt8], of message: [UInt8], key: [UInt8]) -> Bool {
    ConstantTime.areEqual(code, Self.code(of: message, key: key))
  }
}

/// Comparison whose duration tells nothing of what is compared.
public enum ConstantTime {
  /// Whether both hold the same bytes; only their lengths show in the time it takes.
  ///
  /// https://docs.openssl.org/3.0/man3/CRYPTO_memcmp/
  public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && (unsafe CRYPTO_memcmp(left, right, left.count)) == 0
  }
}
