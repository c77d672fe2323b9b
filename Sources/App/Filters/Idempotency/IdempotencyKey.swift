import Crypto
import HTTPServer
import JSON

/// What a client calls one attempt to change something, so that it may ask again.
///
/// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
struct IdempotencyKey: Sendable, Equatable {
  /// The most characters.
  static let lengthMax = 255

  let text: String

  /// Reads the header's value: visible ASCII as it is, or the draft's form, a quoted string.
  ///
  /// Both forms name the same key. nil where it is neither.
  init?(_ header: String) {
    let bytes = Array(header.utf8)
    let quote = UInt8(ascii: "\"")
    let isQuoted = bytes.first == quote
    guard let read = isQuoted ? Self.unquoted(bytes) : bytes,
      (1...Self.lengthMax).contains(read.count),
      isQuoted || read.allSatisfy({ (0x21...0x7E).contains($0) && $0 != quote })
    else { return nil }
    text = String(decoding: read, as: UTF8.self)
  }

  /// RFC 9651, section 3.3.3: quotes and backslashes are escaped, all is printable ASCII.
  private static func unquoted(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 2, bytes.last == bytes.first else { return nil }
    let backslash = UInt8(ascii: "\\")
    var read: [UInt8] = []
    var isEscaped = false
    for byte in bytes.dropFirst().dropLast() {
      let isSpecial = byte == backslash || byte == bytes[0]
      guard (0x20...0x7E).contains(byte), isEscaped ? isSpecial : byte != bytes[0] else {
        return nil
      }
      if byte == backslash, !isEscaped {
        isEscaped = true
      } else {
        read.append(byte)
        isEscaped = false
      }
    }
    return isEscaped ? nil : read
  }
}

/// What is asked under a key.
struct IdempotentRequest: Sendable {
  /// SHA-256 of who asks, for what, and under which key.
  let id: [UInt8]
  /// SHA-256 of what is asked, as it was understood: the same parameters and the same body are the
  /// same request, however its target and its media type were spelt.
  let fingerprint: [UInt8]

  init(_ call: Call, _ key: IdempotencyKey) {
    let route = [call.operation.method.rawValue, call.operation.template]
    // A subject may be empty; nobody at all is something else.
    let principal = call.principal.map { ["principal"] + $0.identity.texts } ?? []
    id = Self.digest((route + [key.text] + principal).map { Array($0.utf8) })
    let arguments = call.arguments.flatMap { [Array($0.name.utf8), $0.value.bytes()] }
    fingerprint = Self.digest(arguments + [call.request.body])
  }

  /// The number by which PostgreSQL locks it.
  var lock: Int64 { Int64(bitPattern: id.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }) }

  /// Every part has its length before it, so that no two lists are the same bytes.
  private static func digest(_ parts: [[UInt8]]) -> [UInt8] {
    var digest = SHA256()
    for part in parts {
      digest.update(Array("\(part.count):".utf8))
      digest.update(part)
    }
    return digest.finish()
  }
}
