import CCrypto

/// The two forms of an ECDSA signature: r and s side by side, and in DER as libcrypto has it.
///
/// https://docs.openssl.org/3.0/man3/ECDSA_SIG_new/
enum ECDSASignature {
  /// r and s of P-256, 32 bytes each.
  static let plainBytes = 64

  /// DER of `plain`; nil where that is not 64 bytes.
  static func encode(_ plain: [UInt8]) -> [UInt8]? {
    guard plain.count == plainBytes, let signature = unsafe ECDSA_SIG_new() else { return nil }
    defer { unsafe ECDSA_SIG_free(signature) }
    let half = plainBytes / 2
    unsafe plain.withUnsafeBufferPointer { bytes in
      let r = unsafe BN_bin2bn(bytes.baseAddress, Int32(half), nil)
      let s = unsafe BN_bin2bn(bytes.baseAddress.map { unsafe $0 + half }, Int32(half), nil)
      // The signature owns both from here.
      _ = unsafe ECDSA_SIG_set0(signature, r, s)
    }
    var encoded: UnsafeMutablePointer<UInt8>?
    let length = unsafe i2d_ECDSA_SIG(signature, &encoded)
    guard length > 0, let start = unsafe encoded else { return nil }
    defer { unsafe CRYPTO_free(start, nil, 0) }
    return unsafe Array(UnsafeBufferPointer(start: start, count: Int(length)))
  }

  /// r and s of a signature in DER; nil where it is none of P-256.
  static func decode(_ encoded: [UInt8]) -> [UInt8]? {
    let signature = unsafe encoded.withUnsafeBufferPointer { bytes in
      var position = bytes.baseAddress
      return unsafe d2i_ECDSA_SIG(nil, &position, bytes.count)
    }
    guard let signature = unsafe signature else { return nil }
    defer { unsafe ECDSA_SIG_free(signature) }
    let half = Int32(plainBytes / 2)
    var r = [UInt8](repeating: 0, count: Int(half))
    var s = r
    guard unsafe BN_bn2binpad(ECDSA_SIG_get0_r(signature), &r, half) == half,
      unsafe BN_bn2binpad(ECDSA_SIG_get0_s(signature), &s, half) == half
    else { return nil }
    return r + s
  }
}
