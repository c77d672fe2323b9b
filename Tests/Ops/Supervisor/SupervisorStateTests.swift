import Core
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

@Suite struct SupervisorStateTests {
  private static let set = ReplicaSet(
    revision: "abc", program: "/app", environment: ["A": "1", "EMPTY": "", "B": "x=\"ü\"\n"],
    count: 3, leaveTimeout: .milliseconds(12_345), stage: .serving)

  @Test(arguments: [ReplicaSet.Stage.candidate, .serving, .leaving])
  func aSetIsReadBackAsItWasWritten(stage: ReplicaSet.Stage) {
    var set = Self.set
    set.stage = stage
    #expect(ReplicaSet(set.json) == set)
  }

  @Test func aStateIsReadBackAsItWasWritten() throws {
    var replica = Replica(revision: "abc", index: 2, at: .zero)
    (replica.process, replica.state) = (4711, .accepting)
    let state = SupervisorState(
      fence: 9, sets: [Self.set],
      replicas: [SupervisorState.Entry(replica: replica, startTick: 123_456_789)])
    let text = state.json.written(pretty: true)
    #expect(SupervisorState(try JSONReader.read(text)) == state)
  }

  @Test(arguments: [#"{}"#, #"{"fence":1}"#, "[]", #"{"fence":"1","sets":[],"replicas":[]}"#])
  func whatIsNoStateIsNone(text: String) throws {
    #expect(SupervisorState(try JSONReader.read(text)) == nil)
  }

  @Test func requestsAreReadBackAsTheyWereWritten() throws {
    for kind: SupervisorRequest.Kind in [
      .status, .start(Self.set), .admit("abc"), .dismiss("abc"), .stop,
    ] {
      let json = SupervisorRequest(kind, fence: 7).json
      let read = try #require(SupervisorRequest(json))
      switch (kind, read.kind) {
      case (.status, .status): #expect(read.fence == nil)
      case (.start(let sent), .start(let set)): #expect(sent == set && read.fence == 7)
      case (.admit(let sent), .admit(let revision)): #expect(sent == revision && read.fence == 7)
      case (.dismiss(let sent), .dismiss(let revision)):
        #expect(sent == revision && read.fence == 7)
      case (.stop, .stop): #expect(read.fence == 7)
      default: Issue.record("\(kind) became \(read.kind)")
      }
    }
  }

  @Test func whatChangesSomethingCarriesANumber() {
    for kind: SupervisorRequest.Kind in [
      .start(Self.set), .admit("abc"), .dismiss("abc"), .stop,
    ] {
      #expect(SupervisorRequest(SupervisorRequest(kind).json) == nil, "\(kind)")
    }
  }
}

@Suite struct ReplicaLogsTests {
  private let directory = TemporaryDirectory()
  private let paths: LocalPaths

  init() throws {
    paths = LocalPaths(root: directory.path)
    try paths.make()
  }

  @Test func theLastLinesAreThoseThatSaySomething() throws {
    let path = paths.log("a-0")
    try File.write(Array("one\ntwo\n\n\nthree\n".utf8), to: path)
    #expect(ReplicaLogs.tail(path, lines: 2) == ["two", "three"])
    #expect(ReplicaLogs.tail(path, lines: 9) == ["one", "two", "three"])
    #expect(ReplicaLogs.tail(paths.log("none"), lines: 9) == [])
  }

  @Test func onlyTheEndOfALongLogIsRead() throws {
    let path = paths.log("a-0")
    let lines = (0..<10_000).map { "line \($0)" }
    try File.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: path)
    let tail = ReplicaLogs.tail(path, lines: 100_000, bytes: 1000)
    #expect(tail.last == "line 9999")
    #expect(tail.count < 120)
  }

  @Test func aLogThatIsTooLargeIsKeptOnceAndBegunAnew() throws {
    let path = paths.log("a-0")
    var logs = ReplicaLogs(paths: paths, interval: .zero)
    let writer = try logs.open("a-0")
    try writer.write(Array("first\n".utf8))
    try ShellService.run(["truncate", "-s", "\(ReplicaLogs.bytesMax + 1)", path])
    logs.rotate()
    #expect(File.size(path) == 0)
    #expect(File.size(path + ".1") == ReplicaLogs.bytesMax + 1)
    // The replica that has it open goes on at the new beginning.
    try writer.write(Array("next\n".utf8))
    #expect(ReplicaLogs.tail(path, lines: 9) == ["next"])
    logs.rotate()
    #expect(ReplicaLogs.tail(path, lines: 9) == ["next"])
  }

  @Test func theOldestOfManyLogsAreRemoved() throws {
    for number in 0..<(ReplicaLogs.filesMax + 3) {
      let path = paths.log("r\(number)-0")
      try File.write(Array("x".utf8), to: path)
      try ShellService.run(["touch", "-d", "@\(1_700_000_000 + number)", path])
    }
    var logs = ReplicaLogs(paths: paths, interval: .zero)
    logs.rotate()
    #expect(try File.list(paths.logs).count == ReplicaLogs.filesMax)
    #expect(!File.exists(paths.log("r2-0")))
    #expect(File.exists(paths.log("r3-0")))
  }
}
