import Core
import HTTPClient
import Handover
import JSON
import POSIX
import Subprocess
import Synchronization
import TestSupport
import Testing

@testable import App

/// The built program, as a supervisor sees it.
@Suite struct ProcessTests {
  private static func program() -> String {
    "\(Path.parent(of: ProcessInfo.executablePath))/app"
  }

  private static func command(
    _ arguments: [String] = [], _ variables: [String: String], in directory: TemporaryDirectory
  ) -> Subprocess.Command {
    Subprocess.Command(
      program(), arguments, variables: .exactly(variables), workingDirectory: directory.path)
  }

  @Test func wrongVariablesAreListedAndTheCodeIs78() throws {
    let directory = TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    let result = try Self.command(
      [], ["HTTP_PORT": "x", "LOG_FORMAT": "xml"], in: directory
    ).run(deadline: .after(.seconds(20)))
    #expect(result.exit == .code(78))
    #expect(result.errorText.split(separator: "\n").count == 2)
    #expect(result.errorText.contains("LOG_FORMAT is 'xml'; allowed: json, text"))
  }

  @Test func aPortInUseIsNamedInTheLastLine() throws {
    let directory = TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    let service = try RunningService()
    let port = service.service.socket.port
    let result = try Self.command(
      [], ["HTTP_HOST": "127.0.0.1", "HTTP_PORT": "\(port)"], in: directory
    ).run(deadline: .after(.seconds(20)))
    #expect(result.exit == .code(1))
    #expect(result.lastErrorLine?.contains("HTTP_PORT: 127.0.0.1:\(port)") == true)
  }

  @Test func aMisspeltCommandIsSuggested() throws {
    let directory = TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    let result = try Self.command(["srve"], [:], in: directory)
      .run(deadline: .after(.seconds(20)))
    #expect(result.exit == .code(64))
    #expect(result.errorText.contains("did you mean 'serve'?"))
  }

  @Test(arguments: [true, false])
  func whoStartedItIsToldThatItIsReadyAndThatItLeaves(_ hasControl: Bool) throws {
    let directory = TemporaryDirectory()
    try TestDatabase.migrate("sqlite:///\(directory.file("slipway.sqlite"))")
    let receiver = NotifyReceiver(directory.file("notify"))
    let port = try FreePort.find()
    var variables = [
      "HTTP_HOST": "127.0.0.1", "HTTP_PORT": "\(port)", "REVISION": "r1", "DRAIN_DELAY": "0s",
      "NOTIFY_SOCKET": directory.file("notify"),
    ]
    if hasControl { variables["CONTROL_SOCKET"] = directory.file("control") }
    let process = try Self.command([], variables, in: directory).spawn()
    let ready = try receiver.next()
    let doing = hasControl ? "may be asked to serve" : "serves"
    #expect(ready == "READY=1\nSTATUS=r1 \(doing) port \(port)\n")
    let url = "http://127.0.0.1:\(port)/livez"
    if hasControl {
      _ = try ControlClient.ask(directory.file("control"), ["do": "status"])
    } else {
      #expect(try HTTPClient().send(HTTPRequest(url)).status == 200)
    }
    process.send(.terminate)
    let leaving = try receiver.next()
    #expect(leaving == "STOPPING=1\nSTATUS=r1 leaves without losing a request\n")
    #expect(process.wait(.after(.seconds(20))) == .code(0))
  }

  @Test func aServiceManagerThatIsAwayIsNoStart() throws {
    let directory = TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    let result = try Self.command(
      [],
      [
        "HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0", "NOTIFY_SOCKET": directory.file("notify"),
      ], in: directory
    ).run(deadline: .after(.seconds(20)))
    #expect(result.exit == .code(1))
    #expect(result.lastErrorLine?.hasPrefix("app: NOTIFY_SOCKET: ") == true)
  }

  @Test func aDrainLosesNoRequestAndRemovesItsSockets() throws {
    let directory = TemporaryDirectory()
    try TestDatabase.migrate("sqlite:///\(directory.file("slipway.sqlite"))")
    let port = try FreePort.find()
    let admin = directory.file("admin.sock")
    let process = try Self.command(
      [],
      [
        "HTTP_HOST": "127.0.0.1", "HTTP_PORT": "\(port)", "ADMIN_SOCKET": admin,
        "DRAIN_DELAY": "1s",
      ], in: directory
    ).spawn()
    let client = HTTPClient()
    let url = "http://127.0.0.1:\(port)"
    #expect(eventually { (try? client.send(HTTPRequest(url + "/readyz")))?.status == 200 })
    process.send(.terminate)
    var answers = 0
    // Until the answers say that it closes; what comes after would be for another replica.
    while answers < 10_000 {
      let answer = try client.send(HTTPRequest(url + "/hello/Anna"))
      #expect(answer.status == 404)
      answers += 1
      if answer.header("Connection") == "close" { break }
    }
    #expect(answers < 10_000)
    #expect(try client.send(HTTPRequest(url + "/readyz")).status == 503)
    #expect(process.wait(.after(.seconds(20))) == .code(0))
    #expect(!File.exists(admin))
  }
}
