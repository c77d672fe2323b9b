import Core
import POSIX
import Subprocess

/// A cluster under a test's control: `Tests/cluster/fake`, on ports of its own of loopback.
///
/// Ends with its last owner, and with the test process however that ends.
public final class FakeCluster: Sendable {
  /// The context in the file `kubeconfig`.
  public static let context = "fake"

  /// A file for kubectl that knows this cluster alone.
  public let kubeconfig: String
  /// Where faults are asked for: `http://127.0.0.1:PORT`.
  public let controlURL: String

  private let directory = TemporaryDirectory()
  private let service: ShellService

  /// Starts one in which everything takes `speed` of the time that it takes in a real one, and in
  /// which watches get a bookmark after so much silence.
  public init(speed: Double = 0.1, bookmarks: Duration = .seconds(60)) throws {
    let ports = [try FreePort.find(), try FreePort.find()]
    kubeconfig = directory.file("kubeconfig")
    controlURL = "http://127.0.0.1:\(ports[1])"
    try File.write(Array(Self.configuration(port: ports[0]).utf8), to: kubeconfig, mode: 0o600)
    service = try ShellService(
      script: "exec python3 \"$FAKE\" $OPTIONS",
      variables: [
        "FAKE": Self.program, "PYTHONDONTWRITEBYTECODE": "1",
        "OPTIONS": "--port \(ports[0]) --control-port \(ports[1]) --speed \(speed)"
          + " --bookmarks \(bookmarks.inSeconds)",
      ])
  }

  private static var program: String {
    Path.parent(of: Path.parent(of: #filePath)) + "/cluster/fake/fake_cluster.py"
  }

  private static func configuration(port: UInt16) -> String {
    """
    apiVersion: v1
    kind: Config
    clusters: [{name: fake, cluster: {server: "http://127.0.0.1:\(port)"}}]
    contexts: [{name: \(context), context: {cluster: fake, user: fake}}]
    users: [{name: fake, user: {}}]
    current-context: nowhere

    """
  }

  /// Ends it.
  public func stop() { service.stop() }
}
