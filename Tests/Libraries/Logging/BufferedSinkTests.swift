import Core
import Glibc
import Logging
import POSIX
import Testing

/// Each test runs in a process of its own, whose standard output it reads as a whole.
@Suite struct BufferedSinkTests {
  @Test func anUrgentLineIsOutBeforeTheCallReturns() async {
    let result = await #expect(
      processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
    ) {
      let sink = try BufferedSink(.output)
      sink.write(Array("held back\n".utf8), urgent: false)
      sink.write(Array("urgent\n".utf8), urgent: true)
      try ProcessHandle(ProcessInfo.identifier).send(.kill)
      WorkThread.sleep(.seconds(60))
    }
    #expect(Self.lines(result) == ["held back", "urgent"])
  }

  @Test func aLineThatIsNotUrgentComesOutByItself() async {
    let result = await #expect(
      processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
    ) {
      let sink = try BufferedSink(.output)
      WorkThread.sleep(.milliseconds(20))
      sink.write(Array("held back\n".utf8), urgent: false)
      // Thirty times what is promised, for a machine that is busy.
      WorkThread.sleep(.seconds(3))
      try ProcessHandle(ProcessInfo.identifier).send(.kill)
      WorkThread.sleep(.seconds(60))
    }
    #expect(Self.lines(result) == ["held back"])
  }

  @Test func flushPutsOutAllThatIsHeld() async {
    let result = await #expect(
      processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
    ) {
      let sink = try BufferedSink(.output)
      for number in 0..<100 { sink.write(Array("\(number)\n".utf8), urgent: false) }
      sink.flush()
      try ProcessHandle(ProcessInfo.identifier).send(.kill)
      WorkThread.sleep(.seconds(60))
    }
    #expect(Self.lines(result) == (0..<100).map { "\($0)" })
  }

  @Test func linesOfSeveralThreadsAreNeverMixed() async {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      let sink = try BufferedSink(.output)
      let writer: @Sendable (Int) -> Void = { thread in
        for _ in 0..<2000 {
          let line = String(repeating: "\(thread)", count: 80) + "\n"
          sink.write(Array(line.utf8), urgent: false)
        }
      }
      let other = try WorkThread.start("writer") { writer(1) }
      writer(2)
      other.join()
      sink.flush()
    }
    let lines = Self.lines(result)
    #expect(lines.count == 4000)
    #expect(lines.allSatisfy { $0.count == 80 && Set($0).count == 1 })
  }

  private static func lines(_ result: ExitTest.Result?) -> [String] {
    String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }
}
