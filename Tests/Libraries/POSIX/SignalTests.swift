import Core
import Glibc
import POSIX
import Synchronization
import Testing

@Suite struct SignalTests {
  /// Signals are sent to the reading thread alone, so that no other test meets them.
  @Test func aSignalIsReadInPlaceOfEndingTheProcess() throws {
    let read = Guarded<[Signal?]>([])
    try onThread {
      let reader = try SignalReader([.terminate, .hangUp])
      let before = try reader.next(.after(.milliseconds(1)))
      pthread_kill(pthread_self(), SIGTERM)
      let first = try reader.next(.after(.seconds(60)))
      pthread_kill(pthread_self(), SIGHUP)
      let second = try reader.next(.after(.seconds(60)))
      let after = try reader.next(.after(.milliseconds(1)))
      read.withLock { $0 = [before, first, second, after] }
    }
    #expect(read.withLock { $0 } == [nil, .terminate, .hangUp, nil])
  }

  @Test func writingToAClosedPipeIsAnError() async {
    await #expect(processExitsWith: .success) {
      SignalReader.ignoreBrokenPipes()
      var ends: [Int32] = [-1, -1]
      try #require(unsafe pipe(&ends) == 0)
      close(ends[0])
      let output = FileDescriptor(owning: ends[1])
      #expect(throws: SystemError("write", code: EPIPE)) { try output.write([1]) }
    }
  }

  @Test func aThreadRunsOnceAndIsWaitedFor() throws {
    let runs = Atomic(0)
    let thread = try WorkThread.start("once") { runs.add(1, ordering: .relaxed) }
    thread.join()
    #expect(runs.load(ordering: .relaxed) == 1)
  }

  @Test func aThreadHasTheNameItWasGiven() throws {
    let name = Guarded("")
    let thread = try WorkThread.start("a name of more than fifteen bytes") {
      let path = "/proc/thread-self/comm"
      let text = (try? File.readText(path)) ?? ""
      name.withLock { $0 = text }
    }
    thread.join()
    #expect(name.withLock { $0 } == "a name of more \n")
  }

  @Test func restingTakesAtLeastAsLongAsAskedFor() {
    let started = ContinuousClock.now
    WorkThread.sleep(.milliseconds(30))
    #expect(ContinuousClock.now - started >= .milliseconds(30))
  }

  private func onThread(_ body: @escaping @Sendable () throws -> Void) throws {
    let failure = Guarded<(any Error)?>(nil)
    let thread = try WorkThread.start("signals") {
      do { try body() } catch { failure.withLock { $0 = error } }
    }
    thread.join()
    if let failure = failure.withLock({ $0 }) { throw failure }
  }
}
