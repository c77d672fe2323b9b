import Crypto
import Synchronization

/// Gives requests their identity: a request id and a W3C trace parent.
///
/// Identities that are made need to be different, not unguessable: a counter behind a random start,
/// stirred, costs no system call. https://www.w3.org/TR/trace-context/
final class RequestIdentity: Sendable {
  /// The longest request id that is taken over from a client.
  static let requestIDLengthMax = 128

  private let counter: Atomic<UInt64>
  private let seed: UInt64

  init() {
    let random = RandomBytes.make(16).reduce((UInt64(0), UInt64(0))) { result, byte in
      (result.0 << 8 | result.1 >> 56, result.1 << 8 | UInt64(byte))
    }
    counter = Atomic(random.0)
    seed = random.1
  }

  /// The identity of a request that came with these headers, nil where there was none.
  func make(requestID given: String?, traceparent: String?) -> (id: String, traceparent: String) {
    let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
    let span = Self.stirred(number ^ seed) | 1
    if let traceparent, let parent = TraceParent(traceparent) {
      let id = given.flatMap(Self.accepted) ?? parent.traceID
      return (id, parent.child(span: span))
    }
    var trace = Self.form
    Self.write(Self.stirred(number &+ seed), to: &trace, at: 3)
    Self.write(Self.stirred(number) | 1, to: &trace, at: 19)
    Self.write(span, to: &trace, at: 36)
    let id =
      given.flatMap(Self.accepted) ?? String(decoding: trace[3..<35], as: UTF8.self)
    return (id, String(decoding: trace, as: UTF8.self))
  }

  /// A trace parent of version 0 that is recorded.
  private static let form = Array(
    "00-\(String(repeating: "0", count: 32))-0000000000000000-01".utf8)

  /// Whether `text` is 1 to `lengthMax` ASCII letters, digits, dots, hyphens and underscores.
  static func isIdentifier(_ text: String, lengthMax: Int) -> Bool {
    (1...lengthMax).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
          || byte == 0x2D || byte == 0x2E || byte == 0x5F
      }
  }

  private static func accepted(_ text: String) -> String? {
    isIdentifier(text, lengthMax: requestIDLengthMax) ? text : nil
  }

  /// SplitMix64's finaliser: a bijection, so different numbers stay different.
  private static func stirred(_ number: UInt64) -> UInt64 {
    var value = number &* 0x9E37_79B9_7F4A_7C15
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// Writes 16 hexadecimal digits.
  fileprivate static func write(_ number: UInt64, to bytes: inout [UInt8], at start: Int) {
    var rest = number
    for index in stride(from: start + 15, through: start, by: -1) {
      let digit = UInt8(truncatingIfNeeded: rest) & 0xF
      bytes[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
      rest >>= 4
    }
  }
}

/// A `traceparent` header that was understood.
struct TraceParent: Sendable, Equatable {
  /// 32 hexadecimal digits, not all zero.
  let traceID: String
  /// Two hexadecimal digits; the last bit says that the trace is recorded.
  let flags: String

  /// Reads `version-traceid-parentid-flags`; nil restarts the trace, as the standard has it.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 55, bytes[2] == 0x2D, bytes[35] == 0x2D, bytes[52] == 0x2D,
      Self.isHexadecimal(bytes[0..<2]), Self.isHexadecimal(bytes[3..<35]),
      Self.isHexadecimal(bytes[36..<52]), Self.isHexadecimal(bytes[53..<55]),
      bytes[3..<35].contains(where: { $0 != 0x30 }),
      bytes[36..<52].contains(where: { $0 != 0x30 })
    else { return nil }
    let isVersion0 = bytes[0] == 0x30 && bytes[1] == 0x30
    let isVersionFF = bytes[0] == 0x66 && bytes[1] == 0x66
    guard !isVersionFF, bytes.count == 55 || (!isVersion0 && bytes[55] == 0x2D) else { return nil }
    traceID = String(decoding: bytes[3..<35], as: UTF8.self)
    flags = String(decoding: bytes[53..<55], as: UTF8.self)
  }

  /// The same trace with a span of ours.
  func child(span: UInt64) -> String {
    var bytes = [UInt8](repeating: 0, count: 16)
    RequestIdentity.write(span, to: &bytes, at: 0)
    return "00-\(traceID)-\(String(decoding: bytes, as: UTF8.self))-\(flags)"
  }

  private static func isHexadecimal(_ digits: ArraySlice<UInt8>) -> Bool {
    digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
