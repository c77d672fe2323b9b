import Core
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
    let quick = quickly ? ["--rate", "100", "--consecutive", "10", "--soak", "200ms"] : []
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
    #expect(gate([server.url, "--failed-max", "1"]).code == .done)
  }

  @Test func theResultIsPrintedAsJSON() throws {
    let server = try RawServer { _ in .response() }
    let result = gate([server.url, "--json"])
    let json = try JSONReader.read(result.output)
    #expect(json["verdict"]?.text == "passed")
    #expect(json["report"]?["failed"]?.number == 0)
    #expect(json["policy"]?["soakMilliseconds"]?.number == 200)
  }

  @Test(arguments: [["ftp://x"], [], ["http://x", "--rate", "0"], ["http://x", "--soak", "soon"]])
  func aWrongCommandLineIsAUsageError(_ arguments: [String]) {
    #expect(gate(arguments, quickly: false).code == .usage)
  }
}
