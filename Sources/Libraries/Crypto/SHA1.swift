import CCrypto

/// SHA-1, by libcrypto, for the names of version 5 UUIDs and nothing else.
///
/// RFC 9562 prescribes it there; nothing here relies on it against an adversary. One value serves
/// for many digests, for making a context costs more than digesting a short name.
@safe
public struct SHA1: ~Copyable {
  private let context: OpaquePointer

  /// The first 16 of a digest's 20 bytes, big-endian, which are all that a UUID takes.
  public struct Digest: Sendable, Equatable {
    /// The first eight bytes.
    public let high: UInt64
    /// The next eight.
    public let low: UInt64

    /// A digest that begins with those bytes.
    public init(high: UInt64, low: UInt64) {
      self.high = high
      self.low = low
    }
  }

  /// Starts a digest.
  ///
  /// https://docs.openssl.org/3.0/man3/EVP_DigestInit/
  public init() {
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
    unsafe self.context = context
    let started = unsafe EVP_DigestInit_ex(context, EVP_sha1(), nil)
    precondition(started == 1, "libcrypto has SHA-1")
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// Adds bytes to what is digested.
  public mutating func update(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBytes { buffer in
      _ = unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
    }
  }

  /// The digest of all that was added; the next one starts empty.
  public mutating func finish() -> Digest {
    let digest = unsafe withUnsafeTemporaryAllocation(byteCount: 20, alignment: 8) { bytes in
      unsafe EVP_DigestFinal_ex(context, bytes.bindMemory(to: UInt8.self).baseAddress, nil)
      return unsafe Digest(
        high: UInt64(bigEndian: bytes.load(as: UInt64.self)),
        low: UInt64(bigEndian: bytes.load(fromByteOffset: 8, as: UInt64.self)))
    }
    let started = unsafe EVP_DigestInit_ex(context, nil, nil)
    precondition(started == 1, "libcrypto starts what it has started before")
    return digest
  }
}
