import Core
import POSIX

/// A real server that speaks S3 under a test's control, on a port of its own of loopback.
///
/// Made by `scripts/fetch-test-tools storage`. Ends with its last owner, and with the test process
/// however that ends.
public final class StorageServer: Sendable {
  /// Which server.
  public enum Kind: String, Sendable, CaseIterable {
    /// moto: checks signatures, and bodies not.
    case amazon
    /// OpenStack Swift with its s3api: checks signatures, digests and clocks.
    case openstack
  }

  /// The bucket that it has.
  public static let bucket = "slipway-tests"

  /// Its port.
  public let port: UInt16
  /// The name of a key that may do everything.
  public let accessKeyID: String
  /// The key's secret.
  public let secret: String
  /// A file with both.
  public let credentialsPath: String

  private let directory = TemporaryDirectory()
  private let service: ShellService

  /// `http://127.0.0.1:PORT`.
  public var endpoint: String { "http://127.0.0.1:\(port)" }

  /// Starts one with an empty bucket.
  public init(_ kind: Kind) throws {
    port = try FreePort.find()
    credentialsPath = directory.file("credentials")
    if kind == .openstack {
      try File.write(Array("test:tester testing".utf8), to: credentialsPath)
    }
    service = try Self.start("\(kind.rawValue).py \(port) \(directory.path)")
    let words = try File.readText(credentialsPath).split(separator: " ")
    (accessKeyID, secret) = (String(words[0]), String(words[1]))
  }

  /// Starts a program of `Tests/storage` with the interpreter that has what it needs.
  static func start(_ line: String) throws -> ShellService {
    var root = #filePath
    for _ in 0..<3 { root = Path.parent(of: root) }
    let python = root + "/.tools/storage/bin/python"
    guard File.isExecutable(python) else {
      throw ShellService.NotReady(description: "run scripts/fetch-test-tools storage first")
    }
    return try ShellService(
      script: "exec \"$PYTHON\" -W ignore \"$FOLDER\"/$LINE",
      variables: [
        "PYTHON": python, "FOLDER": root + "/Tests/storage", "LINE": line,
        "PYTHONDONTWRITEBYTECODE": "1",
      ])
  }
}

/// What stands between a client and a storage server: `Tests/storage/between.py`.
public final class StorageFaults: Sendable {
  private let service: ShellService
  /// Its port.
  public let port: UInt16

  /// `http://127.0.0.1:PORT`.
  public var endpoint: String { "http://127.0.0.1:\(port)" }

  /// Stands before `server`; as Google Cloud Storage does where it is given a token.
  public init(before server: StorageServer, googleToken: String? = nil) throws {
    port = try FreePort.find()
    let google = googleToken.map { " --google \($0) \(server.credentialsPath)" } ?? ""
    service = try StorageServer.start("between.py \(port) \(server.port)\(google)")
  }
}
