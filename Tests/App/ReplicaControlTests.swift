import Core
import HTTPClient
import Handover
import JSON
import POSIX
import TestSupport
import Testing

@testable import App

@Suite struct ReplicaControlTests {
  private static func ask(_ path: String, _ word: String) throws -> JSONValue {
    try ControlClient.ask(path, ["do": .string(word)]).value["result"] ?? .null
  }

  @Test(arguments: TestDatabase.allCases)
  func aReplicaSaysWhyItIsNotReadyAndThenThatItIs(_ database: TestDatabase) throws {
    let path = TemporaryDirectory()
    let control = path.file("control")
    let service = try RunningService(database, migrated: false, ["CONTROL_SOCKET": control])
    #expect(
      try eventually {
        try Self.ask(control, "status")["problem"]?.text == "the schema is not initialised"
      })
    let status = try Self.ask(control, "status")
    #expect(status["state"] == "starting")
    #expect(status["revision"] == "test-1")
    #expect(status["pid"]?.number == Int64(ProcessInfo.identifier))
    #expect(throws: ControlError.self) { try Self.ask(control, "accept") }
    try TestDatabase.migrate(service.databaseURL)
    #expect(try eventually { try Self.ask(control, "status")["state"] == "ready" })
    #expect(try Self.ask(control, "status")["problem"] == .null)
  }

  @Test func itAcceptsWhenItIsTold() throws {
    let directory = TemporaryDirectory()
    let control = directory.file("control")
    let service = try RunningService(.sqlite, ["CONTROL_SOCKET": control])
    #expect(try eventually { try Self.ask(control, "status")["state"] == "ready" })
    for _ in 0..<2 { #expect(try Self.ask(control, "accept")["state"] == "accepting") }
    #expect(try service.get("/livez").status == 200)
  }

  @Test func theListeningSocketIsPassedAndServedByAnother() throws {
    let directory = TemporaryDirectory()
    let control = directory.file("control")
    let first = try RunningService(.sqlite, ["CONTROL_SOCKET": control])
    let second = try RunningService(
      databaseURL: first.databaseURL,
      ["HANDOVER_FROM": control, "REVISION": "test-2"])
    #expect(second.service.socket.port == first.service.socket.port)
    #expect(try second.get("/livez").header("X-Revision") == "test-2")
  }

  @Test func anUnknownRequestIsRefused() throws {
    let directory = TemporaryDirectory()
    let control = directory.file("control")
    let service = try RunningService(.sqlite, ["CONTROL_SOCKET": control])
    #expect(throws: ControlError.self) { try Self.ask(control, "dance") }
    withExtendedLifetime(service) {}
  }
}
