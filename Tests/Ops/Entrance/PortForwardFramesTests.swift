import Testing

@testable import Ops

/// The frames of a connection to a pod.
@Suite struct PortForwardFramesTests {
  private static let ports: [UInt8] = [0x82, 3, 0, 0x90, 0x1F, 0x82, 3, 1, 0x90, 0x1F]

  private func events(
    _ bytes: [UInt8], after first: [UInt8] = ports
  ) throws -> [PortForwardFrames.Event] {
    var reader = PortForwardFrames.Reader()
    let none = try reader.feed(first)
    try #require(none.isEmpty)
    return try reader.feed(bytes)
  }

  @Test func theFirstMessageOfAChannelIsThePort() throws {
    #expect(try events([0x82, 3, 0, 0x68, 0x69]) == [.bytes([0x68, 0x69])])
  }

  @Test func whatIsWrongComesOnAChannelOfItsOwn() throws {
    #expect(try events([0x82, 3, 1, 0x6E, 0x6F]) == [.failed("no")])
  }

  @Test func aFrameInPiecesIsOne() throws {
    var reader = PortForwardFrames.Reader()
    let whole = Self.ports + [0x82, 126, 0, 4, 0, 1, 2, 3]
    let events = try whole.flatMap { try reader.feed([$0]) }
    #expect(events == [.bytes([1, 2, 3])])
  }

  @Test func itsEndIsInGoodOrder() throws {
    #expect(try events([0x88, 2, 3, 0xE8]) == [.closed])
    #expect(try events([0x89, 1, 7, 0x8A, 0]) == [.ping([7]), .pong])
  }

  @Test(
    arguments: [[0x82, 0x81, 0], [0x02, 1, 0], [0x82, 127, 0, 0, 0, 9, 0, 0, 0, 0]] as [[UInt8]])
  func whatNoServerSendsIsRefused(_ bytes: [UInt8]) {
    #expect(throws: PortForwardFrames.Reader.Malformed.self) { try events(bytes) }
  }

  @Test(arguments: [0, 1, 124, 125, 126, 70_000]) func whatIsSentIsMasked(_ count: Int) throws {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let frame = PortForwardFrames.bytes(payload)
    let length = count + 1
    let start = length < 126 ? 2 : length < 65_536 ? 4 : 10
    try #require(frame.count == start + 4 + length)
    #expect(frame[0] == 0x82 && frame[1] & 0x80 != 0)
    let mask = frame[start..<(start + 4)]
    let clear = frame[(start + 4)...].enumerated().map { $1 ^ mask[start + $0 & 3] }
    #expect(clear == [0] + payload)
  }
}
