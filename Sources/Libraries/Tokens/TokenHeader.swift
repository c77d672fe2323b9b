import JSON

/// What a token says of its signature, before anything of it is believed.
///
/// RFC 7515, section 4. Only `alg`, `kid` and `typ` count. A key, or the address of one, that the
/// token itself brings along (`jwk`, `jku`, `x5c`, `x5u`) is never looked at: whoever forged the
/// token would have put it there.
struct TokenHeader: Equatable {
  let algorithm: TokenAlgorithm
  let keyIdentifier: String?

  /// Most bytes of a key's name.
  static let keyIdentifierBytesMax = 256
  /// Objects and arrays within each other; keys in a header have two.
  private static let depthMax = 4

  init(_ bytes: [UInt8]) throws(TokenRefusal) {
    guard let value = try? JSONReader.read(bytes, depthMax: Self.depthMax), value.members != nil
    else { throw .headerMalformed }
    guard value["crit"] == nil, value["b64"] ?? true == true else { throw .extensionDemanded }
    guard let name = value["alg"]?.text else { throw .headerMalformed }
    guard name.lowercased() != "none" else { throw .unsigned }
    guard let algorithm = TokenAlgorithm(rawValue: name) else { throw .algorithmUnknown }
    try Self.checkType(value["typ"])
    self.algorithm = algorithm
    keyIdentifier = try Self.keyIdentifier(value["kid"])
  }

  /// JWT, or an access token of RFC 9068, with or without the `application/` that is left out
  /// mostly; case does not count (RFC 7519, section 5.1).
  private static func checkType(_ value: JSONValue?) throws(TokenRefusal) {
    guard let value else { return }
    guard let text = value.text?.lowercased() else { throw .headerMalformed }
    let type = text.hasPrefix("application/") ? String(text.dropFirst(12)) : text
    guard ["jwt", "at+jwt"].contains(type) else { throw .typeUnknown }
  }

  private static func keyIdentifier(_ value: JSONValue?) throws(TokenRefusal) -> String? {
    guard let value else { return nil }
    guard let text = value.text, (1...keyIdentifierBytesMax).contains(text.utf8.count)
    else { throw .headerMalformed }
    return text
  }
}
