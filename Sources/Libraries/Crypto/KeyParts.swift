import CCrypto

/// The numbers of a key on their way into libcrypto.
@safe
struct KeyParts: ~Copyable {
  /// One of them, by the name that libcrypto has for it.
  enum Part {
    /// A big-endian number.
    case number(String, [UInt8])
    /// Bytes as they are.
    case octets(String, [UInt8])
    /// The point of a curve with two coordinates of 32 bytes, uncompressed.
    case point([UInt8], [UInt8])
    /// The name of the curve.
    case curveP256
  }

  private let builder: OpaquePointer
  /// The builder and its parameters refer to numbers, bytes and names, and copy none of them.
  private var numbers: [OpaquePointer] = unsafe []
  private var copies: [UnsafeMutableBufferPointer<UInt8>] = unsafe []

  /// The key of that type, which the caller frees; `selection` says which half is there.
  static func makeKey(
    _ type: String, _ selection: Int32, _ parts: [Part]
  ) throws(SignatureKeyError) -> OpaquePointer {
    defer { ERR_clear_error() }
    var collected = KeyParts()
    for part in parts { try collected.push(part) }
    return unsafe try collected.makeKey(type, selection)
  }

  // https://docs.openssl.org/3.0/man3/OSSL_PARAM_BLD/
  private init() {
    guard let builder = unsafe OSSL_PARAM_BLD_new() else { preconditionFailure("out of memory") }
    unsafe self.builder = builder
  }

  deinit {
    unsafe OSSL_PARAM_BLD_free(builder)
    for index in unsafe numbers.indices { unsafe BN_clear_free(numbers[index]) }
    for index in unsafe copies.indices {
      unsafe OPENSSL_cleanse(copies[index].baseAddress, copies[index].count)
      unsafe copies[index].deallocate()
    }
  }

  private mutating func push(_ part: Part) throws(SignatureKeyError) {
    switch part {
    case .number(let name, let bytes):
      guard let number = unsafe BN_bin2bn(bytes, Int32(bytes.count), nil) else { throw .refused }
      unsafe numbers.append(number)
      let name = unsafe copy(name)
      guard unsafe OSSL_PARAM_BLD_push_BN(builder, name, number) == 1 else { throw .refused }
    case .octets(let name, let bytes): try pushOctets(name, bytes)
    case .point(let x, let y):
      guard x.count == PublicKey.coordinateBytes, y.count == PublicKey.coordinateBytes
      else { throw .notOnCurve }
      try pushOctets("pub", [4] + x + y)
    case .curveP256:
      let (name, value) = unsafe (copy("group"), copy("prime256v1"))
      guard unsafe OSSL_PARAM_BLD_push_utf8_string(builder, name, value, 0) == 1
      else { throw .refused }
    }
  }

  private mutating func pushOctets(_ name: String, _ bytes: [UInt8]) throws(SignatureKeyError) {
    let (name, value) = unsafe (copy(name), copy(bytes))
    guard unsafe OSSL_PARAM_BLD_push_octet_string(builder, name, value, bytes.count) == 1
    else { throw .refused }
  }

  private mutating func copy(_ text: String) -> UnsafePointer<CChar> {
    let bytes = unsafe copy(Array(text.utf8) + [0])
    return unsafe UnsafeRawPointer(bytes).assumingMemoryBound(to: CChar.self)
  }

  private mutating func copy(_ bytes: [UInt8]) -> UnsafePointer<UInt8> {
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
    unsafe copy.initialize(from: bytes, count: bytes.count)
    unsafe copies.append(UnsafeMutableBufferPointer(start: copy, count: bytes.count))
    return unsafe UnsafePointer(copy)
  }

  // https://docs.openssl.org/3.0/man3/EVP_PKEY_fromdata/
  private consuming func makeKey(
    _ type: String, _ selection: Int32
  ) throws(SignatureKeyError) -> OpaquePointer {
    guard let parameters = unsafe OSSL_PARAM_BLD_to_param(builder) else { throw .refused }
    defer { unsafe OSSL_PARAM_free(parameters) }
    guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else { throw .refused }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard unsafe EVP_PKEY_fromdata_init(context) == 1,
      unsafe EVP_PKEY_fromdata(context, &key, selection, parameters) == 1,
      let key = unsafe key
    else { throw type == "RSA" ? .refused : .notOnCurve }
    return unsafe key
  }
}
