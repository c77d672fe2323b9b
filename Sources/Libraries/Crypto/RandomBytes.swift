import CCrypto

/// Bytes that nobody can predict.
public enum RandomBytes {
  /// `count` bytes from libcrypto's generator.
  ///
  /// https://docs.openssl.org/3.0/man3/RAND_bytes/
  public static func make(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let made = unsafe RAND_bytes(&bytes, Int32(count))
    // Without entropy nothing that is called random would be: better no process than a guessable
    // one.
    precondition(made == 1, "the system has no random bytes")
    return bytes
  }
}
