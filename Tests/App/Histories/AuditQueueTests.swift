import Core
import JSON
import TestSupport
import Testing

@testable import App

@Suite struct AuditQueueTests {
  private static func entry(_ body: String = "") -> AuditEntry {
    AuditEntry(
      created: .now(), method: "POST", route: "/api/randomizes", body: Array(body.utf8),
      status: 201)
  }

  @Test func whatHasNoRoomIsCountedAndLost() {
    let queue = AuditQueue(entriesMax: 3)
    for _ in 0..<5 { queue.offer(Self.entry()) }
    #expect(queue.counts.entries == 3)
    #expect(queue.counts.dropped(.full) == 2)
    #expect(queue.take().count == 3)
  }

  @Test func bytesAreBoundedToo() {
    let entry = Self.entry(String(repeating: "x", count: 1000))
    let queue = AuditQueue(entriesMax: 1000, bytesMax: entry.bytes * 2)
    for _ in 0..<3 { queue.offer(entry) }
    #expect(queue.counts.entries == 2)
    #expect(queue.counts.dropped(.full) == 1)
  }

  @Test func whatIsTakenHoldsItsPlaceUntilItIsSettled() {
    let queue = AuditQueue(entriesMax: 2)
    for _ in 0..<2 { queue.offer(Self.entry()) }
    let taken = queue.take()
    queue.offer(Self.entry())
    #expect(queue.counts.dropped(.full) == 1)
    #expect(queue.counts.oldest == taken.first?.created)
    queue.settle(taken[..<1], lostFor: nil, next: taken[1])
    #expect(queue.counts.oldest == taken[1].created)
    queue.offer(Self.entry())
    queue.settle(taken[1...], lostFor: .refused, next: nil)
    #expect(queue.counts.entries == 1)
    #expect(queue.counts.written == 1)
    #expect(queue.counts.dropped(.refused) == 1)
    let last = queue.take()
    #expect(queue.counts.oldest == last.first?.created)
    queue.settle(last[...], lostFor: nil, next: nil)
    #expect(queue.counts.oldest == nil && queue.counts.bytes == 0)
  }

  @Test func manyThreadsLoseNothing() throws {
    let queue = AuditQueue(entriesMax: 10_000)
    try Crowd.run(4) { _ in for _ in 0..<1000 { queue.offer(Self.entry()) } }
    #expect(queue.take().count == 4000)
  }
}

@Suite struct AuditEntryTests {
  private static func data(_ body: [UInt8]) -> String {
    AuditEntry.text(body, bytesMax: AuditEntry.dataBytesMax)
  }

  @Test func aBodyIsCutBehindAWholeCharacter() {
    for (tail, kept) in [("x", 4096), ("é", 4095), ("€", 4095), ("👍", 4095)] {
      let text = Self.data(Array((String(repeating: "a", count: 4095) + tail + "b").utf8))
      #expect(text.utf8.count == kept)
      #expect(text.hasSuffix(tail == "x" ? "x" : "a"))
    }
  }

  @Test func whatIsNoTextIsReplacedAndStaysWithinTheLimit() {
    #expect(Self.data([0x61, 0xFF, 0x62, 0x00, 0x63]) == "a\u{FFFD}b\u{FFFD}c")
    let text = Self.data([UInt8](repeating: 0xFF, count: 5000))
    #expect(text == String(repeating: "\u{FFFD}", count: 1365))
  }

  @Test(arguments: [
    (200, "200 OK"), (201, "201 Created"), (404, "404 Not Found"),
    (499, "499 Client Closed Request"), (413, "413 "),
  ])
  func theStatusIsTheStatusLine(_ status: Int, _ line: String) {
    let entry = AuditEntry(
      created: .now(), method: "GET", route: "/api/randomizes", body: [], status: status)
    #expect(entry.statusLine.hasPrefix(line))
  }
}
