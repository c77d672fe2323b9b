/// The frames in which a connection to a port of a pod comes through the API.
///
/// Messages of the protocol `v4.channel.k8s.io` over WebSocket (RFC 6455): their first byte is a
/// channel, 0 for the bytes of the connection and 1 for what is wrong with it; the first message of
/// each is the port.
enum PortForwardFrames {
  static let subprotocol = "v4.channel.k8s.io"

  /// What a frame is for.
  private enum Kind: UInt8 {
    case text = 1
    case bytes = 2
    case close = 8
    case ping = 9
    case pong = 10
  }

  /// What came.
  enum Event: Sendable, Equatable {
    /// Bytes of the connection.
    case bytes([UInt8])
    /// The pod's node could not, or can no longer, speak with the port.
    case failed(String)
    /// The connection is over, in good order.
    case closed
    /// To be answered with the same words.
    case ping([UInt8])
    /// The other end lives.
    case pong
  }

  /// Bytes for the connection.
  static func bytes(_ bytes: [UInt8]) -> [UInt8] { frame(.bytes, [0] + bytes) }
  static func ping() -> [UInt8] { frame(.ping, []) }
  static func pong(_ words: [UInt8]) -> [UInt8] { frame(.pong, words) }
  static func close() -> [UInt8] { frame(.close, []) }

  private static func frame(_ kind: Kind, _ payload: [UInt8]) -> [UInt8] {
    // Clients mask what they send. The system's own generator: threads of a relay may be at work
    // while the process ends, and libcrypto is gone then.
    let mask = (0..<4).map { _ in UInt8.random(in: .min ... .max) }
    var frame = [0x80 | kind.rawValue]
    switch payload.count {
    case ..<126: frame.append(0x80 | UInt8(payload.count))
    case ..<65_536:
      frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default:
      frame.append(0x80 | 127)
      frame += (0..<8).reversed().map { UInt8(payload.count >> ($0 * 8) & 0xFF) }
    }
    frame += mask
    for (index, byte) in payload.enumerated() { frame.append(byte ^ mask[index & 3]) }
    return frame
  }

  /// Cuts what comes into events.
  struct Reader: Sendable {
    /// The longest frame that is taken; servers cut the bytes of a connection into smaller ones.
    static let frameBytesMax = 1024 * 1024

    /// What came was no frame of the protocol.
    struct Malformed: Error, Equatable {}

    private var buffer: [UInt8] = []
    /// Channels whose first message, the port, has come.
    private var begun: Set<UInt8> = []

    /// The events in `bytes`, as far as they are whole.
    mutating func feed(_ bytes: [UInt8]) throws(Malformed) -> [Event] {
      buffer += bytes
      var events: [Event] = []
      while let (kind, payload) = try next() {
        if let event = event(kind, payload) { events.append(event) }
      }
      return events
    }

    private mutating func next() throws(Malformed) -> (kind: UInt8, payload: [UInt8])? {
      guard buffer.count >= 2 else { return nil }
      let short = Int(buffer[1] & 0x7F)
      let lengthBytes = short == 127 ? 8 : short == 126 ? 2 : 0
      let start = 2 + lengthBytes
      guard buffer.count >= start else { return nil }
      let length =
        lengthBytes == 0 ? UInt64(short) : buffer[2..<start].reduce(0) { $0 << 8 | UInt64($1) }
      // A server does not mask, and nothing here is sent in parts.
      guard buffer[0] & 0x80 != 0, buffer[1] & 0x80 == 0, length <= Self.frameBytesMax else {
        throw Malformed()
      }
      let end = start + Int(length)
      guard buffer.count >= end else { return nil }
      defer { buffer.removeFirst(end) }
      return (buffer[0] & 0x0F, Array(buffer[start..<end]))
    }

    private mutating func event(_ kind: UInt8, _ payload: [UInt8]) -> Event? {
      switch Kind(rawValue: kind) {
      case .close: return .closed
      case .ping: return .ping(payload)
      case .pong: return .pong
      case .bytes, .text:
        guard let channel = payload.first else { return nil }
        if begun.insert(channel).inserted { return nil }
        let rest = Array(payload.dropFirst())
        if rest.isEmpty { return nil }
        return channel == 0 ? .bytes(rest) : .failed(String(decoding: rest, as: UTF8.self))
      case nil: return nil
      }
    }
  }
}
