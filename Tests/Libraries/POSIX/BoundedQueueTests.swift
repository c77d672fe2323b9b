import POSIX
import Synchronization
import TestSupport
import Testing

/// A queue between two threads.
@Suite struct BoundedQueueTests {
  @Test func everyItemArrivesInOrderAndNoMoreThanTheRoomIsHeld() throws {
    let queue = BoundedQueue<Int>(itemsMax: 3)
    let ahead = Atomic<Int>(0)
    try Crowd.run(2) { thread in
      if thread == 0 {
        for item in 0..<10_000 {
          ahead.add(1, ordering: .relaxed)
          #expect(queue.append(item))
        }
        queue.close()
      } else {
        var expected = 0
        while let item = queue.next() {
          #expect(item == expected)
          expected += 1
          // One may be on its way in, one was just taken.
          #expect(ahead.subtract(1, ordering: .relaxed).oldValue <= 5)
        }
        #expect(expected == 10_000)
      }
    }
  }

  @Test func closingLetsAWriterGoThatWaitsForRoom() throws {
    let queue = BoundedQueue<Int>(itemsMax: 1)
    queue.append(1)
    try Crowd.run(2) { thread in
      if thread == 0 { #expect(!queue.append(2)) } else { queue.close() }
    }
    #expect(queue.next() == 1)
    #expect(queue.next() == nil)
  }
}
