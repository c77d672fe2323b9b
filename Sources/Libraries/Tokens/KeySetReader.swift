import Crypto
import JSON

/// Why a document is no set of keys.
public enum KeySetError: Error, Sendable, Equatable {
  /// More than `KeySetReader.bytesMax`.
  case tooLarge
  /// No JSON.
  case notJSON(JSONError)
  /// No object with an array of objects under `keys`.
  case notKeySet
  /// More than `KeySetReader.keysMax`.
  case tooManyKeys
  /// Not one key that could be used; how many there were of others.
  case noUsableKey(skipped: Int)
}

extension KeySetError: CustomStringConvertible {
  /// One line for operators.
  public var description: String {
    switch self {
    case .tooLarge: "longer than \(KeySetReader.bytesMax) bytes"
    case .notJSON(let error): "no JSON: \(error)"
    case .notKeySet: "no object with a list of keys"
    case .tooManyKeys: "more than \(KeySetReader.keysMax) keys"
    case .noUsableKey(let skipped): "no key for RS256, ES256 or EdDSA among \(skipped)"
    }
  }
}

/// Reads a JWK Set (RFC 7517).
///
/// A key for another purpose, of an unknown kind, or with numbers that make no key is left out, as
/// the standard asks: issuers publish keys that are not for us. So is a shared secret: a document
/// that anybody may fetch cannot hold one.
public enum KeySetReader {
  /// Most bytes of such a document.
  public static let bytesMax = 64 * 1024
  /// Most keys in it.
  public static let keysMax = 64
  /// Objects and arrays within each other; a set has three, a certificate chain one more.
  private static let depthMax = 8

  /// The public keys in `document`, at least one.
  public static func read(_ document: [UInt8]) throws(KeySetError) -> TokenKeySet {
    guard document.count <= bytesMax else { throw .tooLarge }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(document, depthMax: depthMax)
    } catch { throw .notJSON(error) }
    guard let entries = value["keys"]?.elements, entries.allSatisfy({ $0.members != nil })
    else { throw .notKeySet }
    guard entries.count <= keysMax else { throw .tooManyKeys }
    let keys = entries.compactMap(key)
    guard !keys.isEmpty else { throw .noUsableKey(skipped: entries.count) }
    return TokenKeySet(keys)
  }

  private static func key(_ entry: JSONValue) -> TokenKey? {
    guard isForSignatures(entry), let key = publicKey(entry) else { return nil }
    let identifier = entry["kid"]
    guard identifier == nil || identifier?.text != nil else { return nil }
    let made = TokenKey(key, identifier: identifier?.text)
    guard let algorithm = entry["alg"] else { return made }
    return algorithm.text == made.algorithm.rawValue ? made : nil
  }

  /// RFC 7517, sections 4.2 and 4.3.
  private static func isForSignatures(_ entry: JSONValue) -> Bool {
    if let use = entry["use"], use.text != "sig" { return false }
    guard let operations = entry["key_ops"] else { return true }
    return operations.elements?.contains("verify") ?? false
  }

  private static func publicKey(_ entry: JSONValue) -> PublicKey? {
    switch (entry["kty"]?.text, entry["crv"]?.text) {
    case ("RSA", nil):
      guard let modulus = bytes(entry["n"]), let exponent = bytes(entry["e"]) else { return nil }
      return try? PublicKey(rsaModulus: modulus, exponent: exponent)
    case ("EC", "P-256"):
      guard let x = bytes(entry["x"]), let y = bytes(entry["y"]) else { return nil }
      return try? PublicKey(p256X: x, y: y)
    case ("OKP", "Ed25519"):
      return bytes(entry["x"]).flatMap { try? PublicKey(ed25519: $0) }
    default: return nil
    }
  }

  private static func bytes(_ value: JSONValue?) -> [UInt8]? {
    value?.text.flatMap { Base64URL.decode($0) }
  }
}
