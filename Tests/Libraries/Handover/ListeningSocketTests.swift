import Core
import Glibc
import Handover
import POSIX
import TestSupport
import Testing

@Suite struct ListeningSocketTests {
  private let directory = TemporaryDirectory()

  @Test(arguments: ["127.0.0.1", "::1"])
  func portZeroTakesAFreePort(host: String) throws {
    let socket = try ListeningSocket.tcp(host: host, port: 0)
    let port = ListeningSocket.port(of: socket)
    #expect(try #require(port) > 0)
    let flags = (fcntl(socket.rawValue, F_GETFD), fcntl(socket.rawValue, F_GETFL))
    #expect(flags.0 & FD_CLOEXEC != 0)
    #expect(flags.1 & O_NONBLOCK != 0)
  }

  @Test func aPortInUseIsNamed() throws {
    let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let bound = ListeningSocket.port(of: socket)
    let port = try #require(bound)
    let error = #expect(throws: SystemError.self) {
      _ = try ListeningSocket.tcp(host: "127.0.0.1", port: port)
    }
    #expect(error?.isAddressInUse == true)
    #expect(error?.subject == "127.0.0.1:\(port)")
  }

  @Test(arguments: ["localhost", "", "256.0.0.1", "example.com"])
  func aHostThatIsNoAddressIsRefused(host: String) {
    #expect(throws: SystemError("getaddrinfo", "\(host):0", code: EINVAL)) {
      _ = try ListeningSocket.tcp(host: host, port: 0)
    }
  }

  @Test(arguments: [UnixSocket.Kind.stream, .messages])
  func onlyTheOwnerMayConnectToAUnixSocket(kind: UnixSocket.Kind) throws {
    let path = directory.file("s")
    let socket = try ListeningSocket.unix(path: path, kind: kind)
    var status = stat()
    try #require(unsafe stat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    let port = ListeningSocket.port(of: socket)
    #expect(port == nil)
    _ = try UnixSocket.connect(path: path, kind: kind)
  }

  @Test func listeningLeavesTheAccessOfOtherFilesAlone() async {
    await #expect(processExitsWith: .success) {
      let directory = TemporaryDirectory()
      umask(0o022)
      try Crowd.run(8) { index in
        for round in 0..<50 {
          let path = directory.file("\(index)-\(round)")
          let socket = try ListeningSocket.unix(path: path)
          var status = stat()
          let isPrivate = unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600
          #expect(isPrivate)
          _ = socket.rawValue
        }
      }
      #expect(umask(0o022) == 0o022)
    }
  }

  @Test func aFailureToBindIsNamedAsThat() {
    let path = directory.file("none/s")
    #expect(throws: SystemError("bind", path, code: ENOENT)) {
      _ = try ListeningSocket.unix(path: path)
    }
  }

  @Test func whatAnEarlierProcessLeftIsReplaced() throws {
    let path = directory.file("s")
    func abandon() throws { _ = try ListeningSocket.unix(path: path) }
    try abandon()
    #expect(File.exists(path))
    #expect(throws: SystemError("connect", path, code: ECONNREFUSED)) {
      _ = try UnixSocket.connect(path: path, kind: .stream)
    }
    let socket = try ListeningSocket.unix(path: path)
    _ = try UnixSocket.connect(path: path, kind: .stream)
    let isPending = try socket.waitUntilReadable(.after(.seconds(60)))
    #expect(isPending)
  }

  @Test func aPathThatIsTooLongIsNamed() {
    let path = directory.file(String(repeating: "x", count: UnixSocket.pathBytesMax))
    let error = #expect(throws: SystemError.self) { _ = try ListeningSocket.unix(path: path) }
    #expect(error?.subject == path)
    #expect(error?.code == ENAMETOOLONG)
  }

  @Test func thereIsNoSocketWhereNobodyListens() {
    let path = directory.file("none")
    #expect(throws: SystemError("connect", path, code: ENOENT)) {
      _ = try UnixSocket.connect(path: path, kind: .messages)
    }
  }
}
