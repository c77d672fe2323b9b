import Core
import Handover
import POSIX
import TestSupport
import Testing

@Suite struct ServiceManagerTests {
  private let directory = TemporaryDirectory()

  @Test func whereNoneIsNamedThereIsNone() throws {
    #expect(try ServiceManager(in: ["NOTIFY": "/run/notify"]) == nil)
  }

  @Test(arguments: [
    "", "/", "@", "notify", "vsock:2:1234", "/" + String(repeating: "x", count: 107),
  ])
  func anAddressThatCanNotBeIsNamed(_ address: String) {
    let error = #expect(throws: ServiceManager.Malformed.self) {
      try ServiceManager(in: ["NOTIFY_SOCKET": address])
    }
    #expect(error?.value == address)
  }

  @Test(arguments: [true, false]) func itIsToldInOneMessageEach(_ isAbstract: Bool) throws {
    let path = directory.file("notify")
    let address = isAbstract ? "@slipway-test-\(ProcessInfo.identifier)\(path.hashValue)" : path
    let receiver = NotifyReceiver(address)
    let manager = try #require(try ServiceManager(in: ["NOTIFY_SOCKET": address]))
    try manager.tell(.ready, status: "serves port 8080")
    try manager.tell(.stopping, status: "leaves\nREADY=1")
    let (first, second) = (try receiver.next(), try receiver.next())
    #expect(first == "READY=1\nSTATUS=serves port 8080\n")
    #expect(second == "STOPPING=1\nSTATUS=leaves READY=1\n")
  }

  @Test func aSocketThatIsAwayIsNamed() throws {
    let path = directory.file("gone")
    let manager = try #require(try ServiceManager(in: ["NOTIFY_SOCKET": path]))
    let error = #expect(throws: SystemError.self) { try manager.tell(.ready, status: "") }
    #expect(error?.subject == path)
    #expect(error?.isMissing == true)
  }
}
