import Core
import Glibc
import Handover
import JSON
import POSIX
import TestSupport
import Testing

@Suite struct ControlTests {
  private let directory = TemporaryDirectory()
  private var path: String { directory.file("control") }

  @Test func aQuestionIsAnswered() throws {
    let service = try ControlService(path: path)
    try beside {
      let reply = try ControlClient.ask(path, ["ask": "status"])
      let (value, passed) = (reply.value, reply.descriptor != nil)
      #expect(value == ["result": ["asked": "status"]])
      #expect(!passed)
    } serving: {
      let served = try service.serveOne(.after(.seconds(60))) { request, _ in
        ControlReply(["result": ["asked": request.value["ask"] ?? .null]])
      }
      #expect(served)
    }
  }

  @Test func theKernelSaysWhoAsks() throws {
    let service = try ControlService(path: path)
    try beside {
      _ = try ControlClient.ask(path, [:])
    } serving: {
      try service.serveOne(.after(.seconds(60))) { _, peer in
        #expect(peer.processIdentifier == getpid())
        #expect(peer.userIdentifier == geteuid())
        return ControlReply([:])
      }
    }
  }

  @Test func aRefusalIsThrownWithItsReason() throws {
    let service = try ControlService(path: path)
    try beside {
      let error = #expect(throws: ControlError.self) {
        _ = try ControlClient.ask(path, ["ask": "stop"])
      }
      #expect(error == .refused(path: path, reason: "not while a rollout runs"))
      #expect(error?.description == "not while a rollout runs")
    } serving: {
      try service.serveOne(.after(.seconds(60))) { _, _ in .refusal("not while a rollout runs") }
    }
  }

  @Test func aListeningSocketIsHandedOverAndServes() throws {
    let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let boundPort = ListeningSocket.port(of: listener)
    let port = try #require(boundPort)
    let original = listener.rawValue
    let service = try ControlService(path: path)
    try beside {
      var reply = try ControlClient.ask(path, ["ask": "socket"])
      guard let taken = reply.takeDescriptor() else {
        Issue.record("no descriptor came")
        return
      }
      let number = taken.rawValue
      let sharedPort = ListeningSocket.port(of: taken)
      #expect(number != original)
      #expect(sharedPort == port)
      #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
      try Self.exchange(with: taken, port)
    } serving: {
      try service.serveOne(.after(.seconds(60))) { _, _ in
        ControlReply(["result": true], descriptor: original)
      }
    }
    let portAfter = ListeningSocket.port(of: listener)
    #expect(portAfter == port, "it stays open here")
  }

  @Test func aDescriptorCanBeSentWithTheQuestion() throws {
    let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let boundPort = ListeningSocket.port(of: listener)
    let port = try #require(boundPort)
    let original = listener.rawValue
    let service = try ControlService(path: path)
    try beside {
      _ = try ControlClient.ask(path, ["ask": "keep"], passing: original)
    } serving: {
      try service.serveOne(.after(.seconds(60))) { request, _ in
        let passed = request.descriptor != nil
        #expect(passed)
        return ControlReply([:])
      }
    }
    let portAfter = ListeningSocket.port(of: listener)
    #expect(portAfter == port)
  }

  @Test(
    arguments: [[], Array("{".utf8), Array("{\"a\":1,\"a\":2}".utf8), [0xFF, 0xFE]] as [[UInt8]])
  func garbageIsNotAnsweredAndTheNextClientIs(garbage: [UInt8]) throws {
    let service = try ControlService(path: path)
    let hostile = try UnixSocket.connect(path: path, kind: .messages)
    _ = unsafe send(hostile.rawValue, garbage, garbage.count, Int32(MSG_NOSIGNAL))
    let served = try service.serveOne(.after(.seconds(60))) { _, _ in
      Issue.record("garbage was answered")
      return ControlReply([:])
    }
    #expect(served)
    let answer = try hostile.read(upTo: 10)
    #expect(answer.isEmpty)
    try beside {
      let value = try ControlClient.ask(path, [:]).value
      #expect(value == ["result": 1])
    } serving: {
      try service.serveOne(.after(.seconds(60))) { _, _ in ControlReply(["result": 1]) }
    }
  }

  @Test func aSilentClientIsGivenUpAndTheNextOneIsAnswered() throws {
    let service = try ControlService(path: path)
    let silent = try UnixSocket.connect(path: path, kind: .messages)
    let started = ContinuousClock.now
    try service.serveOne(.after(.seconds(60))) { _, _ in ControlReply([:]) }
    // The promise is a second; a busy machine gets half a minute.
    #expect(ContinuousClock.now - started < .seconds(30))
    let answer = try silent.read(upTo: 10)
    #expect(answer.isEmpty)
    try beside {
      _ = try ControlClient.ask(path, [:])
    } serving: {
      let served = try service.serveOne(.after(.seconds(60))) { _, _ in ControlReply([:]) }
      #expect(served)
    }
  }

  @Test func aServiceThatSaysNothingIsATimeout() throws {
    let service = try ControlService(path: path)
    #expect(throws: ControlError.timeout(path: path)) {
      _ = try ControlClient.ask(path, [:], deadline: .after(.milliseconds(50)))
    }
    _ = service.rawValue
  }

  @Test func nobodyListeningIsTheSystemsError() {
    #expect(throws: ControlError.system(SystemError("connect", path, code: ENOENT))) {
      _ = try ControlClient.ask(path, [:])
    }
  }

  @Test func aMessageThatIsTooLargeIsNotSent() throws {
    let service = try ControlService(path: path)
    let text = String(repeating: "x", count: ControlConnection.messageBytesMax)
    let error = #expect(throws: ControlError.self) {
      _ = try ControlClient.ask(path, ["text": .string(text)])
    }
    #expect(error?.description.hasSuffix("is too large") == true)
    _ = service.rawValue
  }

  @Test func withoutAClientTheServiceReturnsAtTheDeadline() throws {
    let service = try ControlService(path: path)
    let served = try service.serveOne(.after(.milliseconds(10))) { _, _ in ControlReply([:]) }
    #expect(!served)
  }

  /// Connects to the port and takes the connection from `listener`.
  private static func exchange(with listener: borrowing FileDescriptor, _ port: Int) throws {
    let client = FileDescriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(client.rawValue, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(connected == 0)
    let isPending = try listener.waitUntilReadable(.after(.seconds(60)))
    try #require(isPending)
    let accepted = FileDescriptor(owning: accept(listener.rawValue, nil, nil))
    try client.write(Array("hello".utf8))
    let received = try accepted.read(upTo: 10)
    #expect(received == Array("hello".utf8))
  }

  /// Runs `client` on a thread of its own while `service` runs on this one.
  private func beside(
    _ client: @escaping @Sendable () throws -> Void, serving service: () throws -> Void
  ) throws {
    let failure = Guarded<(any Error)?>(nil)
    let thread = try WorkThread.start("client") {
      do { try client() } catch { failure.withLock { $0 = error } }
    }
    let served = Result { try service() }
    thread.join()
    try served.get()
    if let failure = failure.withLock({ $0 }) { throw failure }
  }
}
