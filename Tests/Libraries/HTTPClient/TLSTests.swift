import Core
import HTTPClient
import POSIX
import Subprocess
import Testing

/// Against `openssl s_server`, which answers HTTP with a page of its own.
@Suite(.serialized) struct TLSTests {
  /// A server with a certificate of its own for 127.0.0.1, ended with this value.
  private final class Server {
    let port: Int
    let certificatePath: String
    private let directory: String
    private let child: ChildProcess

    init() throws {
      directory = "/tmp/slipway-tls-\(ProcessInfo.identifier)"
      try File.makeDirectory(directory, mode: 0o700)
      certificatePath = directory + "/certificate.pem"
      let made = try Command(
        "openssl",
        [
          "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", directory + "/key.pem",
          "-out", certificatePath, "-days", "2", "-subj", "/CN=test", "-addext",
          "subjectAltName=IP:127.0.0.1",
        ]
      ).run(deadline: .after(.seconds(60)))
      try #require(made.isSuccess, "\(made.errorText)")
      let log = directory + "/log"
      let output = try File.open(log, .replace)
      child = try Command(
        "openssl",
        [
          "s_server", "-accept", "127.0.0.1:0", "-www", "-key", directory + "/key.pem", "-cert",
          certificatePath,
        ], output: .descriptor(output.rawValue), errorOutput: .descriptor(output.rawValue)
      ).spawn()
      port = try Self.port(in: log)
    }

    deinit { try? File.removeTree(directory) }

    /// Waits for the line `ACCEPT 127.0.0.1:PORT`.
    private static func port(in log: String) throws -> Int {
      let deadline = Deadline.after(.seconds(30))
      while !deadline.hasPassed {
        let lines = try File.readText(log).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("ACCEPT 127.0.0.1:") }
        if let text = line?.split(separator: ":").last, let port = Int(text) { return port }
        WorkThread.sleep(.milliseconds(10))
      }
      throw SubprocessError.invalidCommand(program: "openssl", reason: "names no port")
    }
  }

  @Test func aCertificateIsTrustedOnlyIfItsAuthorityIs() throws {
    let server = try Server()
    var request = HTTPRequest("https://127.0.0.1:\(server.port)/")
    let error = #expect(throws: HTTPClientError.self) { try HTTPClient().send(request) }
    #expect(error?.kind == .tls)
    request.certificateAuthorityPath = server.certificatePath
    let answer = try HTTPClient().send(request)
    #expect(answer.status == 200)
    #expect(answer.timings.connect > .zero)
  }

  @Test func aCertificateOfAnotherNameIsRefused() throws {
    let server = try Server()
    var request = HTTPRequest("https://localhost:\(server.port)/")
    request.certificateAuthorityPath = server.certificatePath
    let error = #expect(throws: HTTPClientError.self) { try HTTPClient().send(request) }
    #expect(error?.kind == .tls)
  }
}
