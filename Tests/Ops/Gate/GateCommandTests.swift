import Core
import Handover
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

@Suite struct GateCommandTests {
  /// What a command wrote.
  private final class Written: Sendable {
    private let text = Guarded("")

    var output: TextOutput {
      TextOutput(isTerminal: false) { [self] part in text.withLock { $0 += part } }
    }

    var all: String { text.withLock { $0 } }
  }

  private func gate(
    _ arguments: [String], quickly: Bool = true, environment: [String: String] = [:]
  ) -> (code: ExitCode, output: String, error: String) {
    let output = Written()
    let error = Written()
    let tree = CommandTree.group("ops", "test", [.command(GateCommand.self)])
    let context = CommandContext(
      output: output.output, error: error.output, environment: environment,
      currentDirectory: "/tmp", tree: tree)
    let quick = quickly ? ["--rate", "100", "--consecutive", "10", "--for", "200ms"] : []
    let code = CommandProgram(tree: tree).run(["gate"] + quick + arguments, in: context)
    return (code, output.all, error.all)
  }

  @Test func aGoodServiceEndsWithDone() throws {
    let server = try RawServer { _ in .response() }
    let result = gate([server.url])
    #expect(result.code == .done)
    #expect(result.output.hasPrefix("passed\n"))
    #expect(result.error.hasPrefix("gate 0s "))
  }

  @Test func aFailingServiceEndsWithFailureAndItsCause() throws {
    let server = try RawServer { _ in .response(503, "") }
    let result = gate([server.url], environment: ["GITHUB_ACTIONS": "true"])
    #expect(result.code == .failure)
    #expect(result.output.hasPrefix("failed: 1 probe failed (0 allowed), the last with 503 on a "))
    #expect(result.error.contains("::error title=gate::1 probe failed"))
  }

  @Test func aRevisionThatDoesNotComeEndsWithFailure() throws {
    let server = try RawServer { _ in .response(200, "", headers: ["X-Revision: old"]) }
    let result = gate([server.url, "--expect-revision", "new", "--timeout", "500ms"])
    #expect(result.code == .failure)
    #expect(result.output.contains("0 of 10 good answers in a row from revision new after 500ms"))
  }

  @Test func failedPollsCanBeForgiven() throws {
    let count = Counter()
    let server = try RawServer { _ in .response(count.add() == 3 ? 500 : 200, "") }
    #expect(gate([server.url, "--budget", "1"]).code == .done)
  }

  @Test func aShareOfThePollsCanBeForgiven() throws {
    let (count, every) = (Counter(), 20)
    let server = try RawServer { _ in .response(count.add() % every == 3 ? 500 : 200, "") }
    let options = [server.url, "--rate", "50", "--for", "2s", "--consecutive", "5"]
    #expect(gate(options + ["--budget", "10%"], quickly: false).code == .done)
    #expect(gate(options + ["--budget", "2%"], quickly: false).code == .failure)
  }

  @Test func slowAnswersAreNotForgiven() throws {
    let server = try RawServer { _ in
      WorkThread.sleep(.milliseconds(30))
      return .response()
    }
    let result = gate(
      [server.url, "--rate", "20", "--consecutive", "5", "--for", "1s", "--latency-max", "5ms"],
      quickly: false)
    #expect(result.code == .failure)
    #expect(result.output.contains("the 99th percentile is "))
  }

  @Test(arguments: [
    (["--revision-header", "X-Version"], "seven"), (["--revision-json", "build.commit"], "abc"),
    (["--revision-json", "build.number"], "12"),
  ]) func theRevisionIsReadWhereTheServiceNamesIt(_ options: [String], _ revision: String) throws {
    let body = #"{"build":{"commit":"abc","number":12}}"#
    let server = try RawServer { _ in .response(200, body, headers: ["X-Version: seven"]) }
    let wanted = [server.url, "--timeout", "1s", "--expect-revision"]
    #expect(gate(wanted + [revision] + options).code == .done)
    #expect(gate(wanted + ["other"] + options).code == .failure)
  }

  @Test func whatTheClientSaysOfAFailureIsTold() {
    let result = gate(["https://127.0.0.1:1/"])
    #expect(result.output.contains("the last with refused on a "))
    #expect(result.output.contains("(Failed to connect to 127.0.0.1"))
  }

  @Test(arguments: [false, true]) func aReplicaIsAdmittedWhereItPassed(asJSON: Bool) throws {
    let (server, directory) = (try RawServer { _ in .response() }, TemporaryDirectory())
    let path = directory.file("control")
    let service = try ControlService(path: path)
    let asked = Guarded<[JSONValue]>([])
    let result = Guarded<(code: ExitCode, output: String, error: String)?>(nil)
    let thread = try WorkThread.start("gate") {
      let seen = gate([server.url, "--admit", path] + (asJSON ? ["--json"] : []))
      result.withLock { $0 = seen }
    }
    try service.serveOne(.after(.seconds(60))) { request, _ in
      asked.withLock { $0.append(request.value) }
      return ControlReply(["result": [:]])
    }
    thread.join()
    let seen = try #require(result.withLock { $0 })
    #expect(asked.withLock { $0 } == [["do": "accept"]])
    #expect(seen.code == .done)
    if asJSON {
      #expect(try JSONReader.read(seen.output)["admitted"]?.truth == true)
    } else {
      #expect(seen.output.hasSuffix("\nadmitted\n"))
    }
  }

  @Test func whoIsNotAdmittedIsAFailureWithItsReason() throws {
    let (server, directory) = (try RawServer { _ in .response() }, TemporaryDirectory())
    let result = gate([server.url, "--admit", directory.file("control")])
    #expect(result.code == .failure)
    #expect(result.error.contains("\nnot admitted: "))
    let json = gate([server.url, "--json", "--admit", directory.file("control")])
    #expect(json.code == .failure)
    #expect(try JSONReader.read(json.output)["admitted"]?.truth == false)
  }

  @Test func whoseReportCannotBeWrittenIsNotAdmitted() throws {
    let (server, directory) = (try RawServer { _ in .response() }, TemporaryDirectory())
    let service = try ControlService(path: directory.file("control"))
    try File.write([], to: directory.file("report"))
    let result = gate(
      [server.url, "--admit", directory.file("control"), "--report", directory.file("report")])
    #expect(result.code == .failure)
    let wasAsked = try service.serveOne(.after(.zero)) { _, _ in ControlReply([:]) }
    #expect(!wasAsked)
  }

  @Test func whatDidNotPassIsNotAdmitted() throws {
    let (server, directory) = (try RawServer { _ in .response(503, "") }, TemporaryDirectory())
    let service = try ControlService(path: directory.file("control"))
    #expect(gate([server.url, "--admit", directory.file("control")]).code == .failure)
    let wasAsked = try service.serveOne(.after(.zero)) { _, _ in ControlReply([:]) }
    #expect(!wasAsked)
  }

  @Test func theResultIsPrintedAsJSON() throws {
    let server = try RawServer { _ in .response() }
    let result = gate([server.url, "--json"])
    let json = try JSONReader.read(result.output)
    #expect(json["verdict"]?.text == "passed")
    #expect(json["admitted"] == nil)
    #expect(json["report"]?["failed"]?.number == 0)
    #expect(json["policy"]?["soakMilliseconds"]?.number == 200)
  }

  @Test(arguments: [
    ["ftp://x"], [], ["http://x", "--rate", "0"], ["http://x", "--for", "soon"],
    ["http://x", "--budget", "101%"], ["http://x", "--budget", "-1"],
  ])
  func aWrongCommandLineIsAUsageError(_ arguments: [String]) {
    #expect(gate(arguments, quickly: false).code == .usage)
  }
}
