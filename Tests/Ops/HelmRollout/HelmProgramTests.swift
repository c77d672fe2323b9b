import Core
import Subprocess
import Testing

@testable import Ops

/// The words that Helm is told, and those that it answers.
@Suite struct HelmProgramTests {
  private static let helm = HelmProgram(
    program: "helm", context: "testing", namespace: "slipway-testing", release: "slipway")

  @Test func everyChangeNamesItsClusterAndRunsNoHook() {
    for change in [
      HelmChange.upgrade(chart: "c", values: "v", description: "d"), .rollback(to: 3), .uninstall,
    ] {
      let words = Self.helm.arguments(of: change)
      #expect(words.first == change.verb)
      #expect(words.contains("--no-hooks"))
      #expect(Self.follows(words, "--kube-context", "testing"))
      #expect(Self.follows(words, "--namespace", "slipway-testing"))
      #expect(!words.contains { $0.hasPrefix("--wait") })
    }
  }

  private static func follows(_ words: [String], _ option: String, _ value: String) -> Bool {
    words.firstIndex(of: option).map { words[$0 + 1] == value } ?? false
  }

  @Test func anUpgradeTakesBackWhatOthersWrote() {
    let words = Self.helm.arguments(of: .upgrade(chart: "charts/x", values: "v", description: "d"))
    #expect(words.starts(with: ["upgrade", "--install", "slipway", "charts/x"]))
    #expect(words.contains("--force-conflicts"))
    #expect(words.contains("--server-side=true"))
    #expect(Self.helm.arguments(of: .rollback(to: 3)).starts(with: ["rollback", "slipway", "3"]))
  }

  private static func failure(_ errorOutput: String) throws -> HelmFailure {
    let result = try Subprocess.Command(
      "sh", ["-c", "printf '%s' \"$TEXT\" >&2; exit 1"],
      variables: .inherited(changing: ["TEXT": errorOutput])
    ).run(deadline: .after(.seconds(60)))
    return HelmFailure("upgrade", result)
  }

  @Test func aCauseOfManyLinesIsOne() throws {
    let failure = try Self.failure(
      """
      WARNING: Kubernetes configuration file is group-readable.
      Error: UPGRADE FAILED: conflict occurred while applying object
        .spec.replicas
      """)
    #expect(
      failure.message
        == "helm upgrade: UPGRADE FAILED: conflict occurred while applying object .spec.replicas")
    #expect(!failure.mayPass)
  }

  @Test func aClusterThatIsAwayMayComeBack() throws {
    let failure = try Self.failure("Error: Kubernetes cluster unreachable: connection refused")
    #expect(failure.mayPass)
    #expect(failure.exitCode == .unreachable)
  }

  @Test func aHelmThatIsNotThereIsToldWithWhatToInstall() throws {
    let helm = HelmProgram(
      program: "no-such-helm", context: "a", namespace: "b", release: "c")
    let failure = try #require(#expect(throws: HelmFailure.self) { try helm.askVersion() })
    #expect(failure.exitCode == .configuration)
    #expect(failure.findings[0].hints.joined().contains("Helm 4"))
  }
}
