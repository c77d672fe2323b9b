import Core
import POSIX
import TestSupport
import Testing

@testable import Ops

/// The child that a cluster is asked through.
@Suite struct KubectlProxyTests {
  private let fake: FakeCluster

  init() throws { fake = try FakeCluster() }

  private func proxy(context: String = FakeCluster.context) throws(ClusterFailure) -> KubectlProxy {
    try KubectlProxy(
      context: context, kubeconfig: fake.kubeconfig, program: Kubectl.program)
  }

  @Test func onlyThisUserCanReachIt() throws {
    let proxy = try proxy()
    let folder = Path.parent(of: proxy.socketPath)
    #expect(try ShellService.run(["stat", "--format=%a", folder]) == "700\n")
  }

  @Test func oneThatIsKilledIsStartedAnew() throws {
    let site = try FakeClusterSite()
    let proxy = site.client.transport.proxy
    let first = try #require(proxy.process)
    try ProcessHandle(first).send(.kill)
    #expect(try site.client.get(.configMap, "none", in: "default") == nil)
    let isAnother = FakeClusterSite.eventually { proxy.process.map { $0 != first } ?? false }
    #expect(isAnother)
    #expect(try site.client.get(.configMap, "none", in: "default") == nil)
    #expect(proxy.failure == nil)
  }

  @Test func itEndsWithItsOwner() throws {
    var proxy: KubectlProxy? = try proxy()
    let process = try #require(proxy?.process)
    let folder = Path.parent(of: try #require(proxy?.socketPath))
    let handle = try ProcessHandle(process)
    proxy = nil
    let hasEnded = handle.waitForEnd(.after(FakeClusterSite.patience))
    #expect(hasEnded)
    #expect(!File.exists(folder))
  }

  @Test func whatAKilledProcessLeftIsRemovedByTheNextOne() throws {
    // No process of this number started at tick 1: the system's first one did at 0 or so.
    let place = try #require(ProcessInfo.processNamespace).filter(\.isNumber)
    let left = "/tmp/slipway-kubectl-\(place)-\(ProcessInfo.identifier)-1-1"
    // Where numbers of processes mean others, nobody here can tell.
    let ofOthers = "/tmp/slipway-kubectl-1-\(ProcessInfo.identifier)-1-1"
    for folder in [left, ofOthers] { try File.makeDirectory(folder, mode: 0o700) }
    defer { for folder in [left, ofOthers] { try? File.removeTree(folder) } }
    let proxy = try proxy()
    if Path.parent(of: Path.parent(of: proxy.socketPath)) == "/tmp" {
      #expect(!File.exists(left))
    }
    #expect(File.exists(ofOthers))
  }

  @Test func aContextThatIsNotThereListsThoseThatAre() throws {
    let error = try FakeClusterSite.failure { () throws(ClusterFailure) in
      _ = try proxy(context: "production")
    }
    #expect(error.reason == .unknownContext(known: ["fake"]))
    #expect(error.exitCode == .configuration)
    #expect(
      error.findings[0].message
        == #"production: context "production" does not exist"#)
    #expect(error.findings[0].hints.first == "kubectl knows: fake")
  }

  @Test func withoutKubectlThatIsSaid() throws {
    let error = try FakeClusterSite.failure { () throws(ClusterFailure) in
      _ = try KubectlProxy(context: "fake", program: "no-such-kubectl")
    }
    #expect(error.reason == .noProgram)
    #expect(error.findings[0].hints == ["kubectl has to be on the PATH"])
  }
}
