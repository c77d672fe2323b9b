import Core
import JSON
import POSIX
import TestSupport
import Testing
import YAML

@testable import Ops

@Suite struct RightsTests {
  private static let namespace = FakeClusterSite.namespace

  @Test(
    arguments: TestRelease.various + [
      """
      database: { mode: cloudnative-pg, pooler: transaction, snapshots: { schedule: "0 3 * * *" } }
      monitoring: { enabled: true }
      """
    ])
  func everyKindThatIsRenderedIsAmongThoseOfTheRole(values: String) throws {
    let release = try TestRelease.of(values, manager: .kustomize)
    for object in Objects.all(of: release).compactMap({ ClusterObject(JSONValue($0.node)) }) {
      #expect(ClusterRight.kindsOfAll.contains(object.kind), "\(object.kind)")
    }
  }

  @Test func theRoleOfTheRepositoryIsTheOneThatIsAskedFor() throws {
    let root = Path.parent(of: Path.parent(of: Path.parent(of: Path.parent(of: #filePath))))
    let text = try File.readText("\(root)/docs/rollout-role.yaml")
    #expect(text == YAMLWriter.write(documents: [RolloutRole.ofAll.node]), "make docs writes it")
  }

  @Test func whatIsBroughtMayBeMadeAndChanged() {
    let rights = ClusterRight.needed(
      for: ClusterRight.kindsOfAll, throughPods: false, removedByHelm: nil)
    for kind in ClusterRight.kindsOfAll {
      let verbs = rights.filter { $0.kind == kind && $0.subresource == nil }.flatMap(\.verbs)
      #expect(verbs.contains("patch"), "\(kind)")
      #expect(kind == .namespace || verbs.contains("create"), "\(kind)")
    }
  }

  @Test(arguments: TestRelease.various)
  func helmMayTakeAwayWhatItDoesNotKeep(values: String) throws {
    let objects = Objects.all(of: try TestRelease.of(values)).compactMap {
      ClusterObject(JSONValue($0.node))
    }
    let rights = ClusterRight.needed(for: objects, throughPods: true, byHelm: true)
    for object in objects where object.kind != .namespace {
      let isRequired = rights.contains {
        $0.kind == object.kind && $0.verbs.contains("delete") && $0.need == .required
      }
      #expect(isRequired || object.isKeptByHelm, "\(object.identity)")
      let isInRole = RolloutRole.ofAll.rights.contains {
        $0.kind == object.kind && $0.verbs.contains("delete")
      }
      #expect(isInRole || object.isKeptByHelm, "\(object.identity)")
    }
  }

  @Test func aRoleHasOneRuleForEachResource() {
    let rules = RolloutRole.ofAll.node["rules"]?.sequence ?? []
    let names = rules.map { rule in
      ["apiGroups", "resources"].map { key in rule[key]?.sequence?.first?.text ?? "" }
        .joined(separator: "/")
    }
    #expect(Set(names).count == names.count && names.contains("apps/deployments"))
  }

  private func check(_ site: FakeClusterSite) throws -> PreflightCheck {
    try RightsCheck(
      rights: ClusterRight.needed(
        for: [.deployment, .service, .horizontalPodAutoscaler], throughPods: true,
        removedByHelm: nil),
      client: site.client, namespace: Self.namespace, environment: "staging"
    ).check()
  }

  @Test func allThatIsMissingIsNamedAtOnce() throws {
    let site = try FakeClusterSite()
    #expect(try check(site).verdict == .ok)
    try site.fault("forbid", ["verb": "patch", "resource": "deployments.apps"])
    try site.fault("forbid", ["verb": "get", "resource": "pods/log"])
    let denied = try check(site)
    #expect(denied.verdict == .refuse)
    #expect(denied.detail.contains("get pods/log, patch deployments.apps"), "\(denied.detail)")
  }

  @Test func whatCanBeDoneWithoutIsAWarningThatSaysWhatIsLost() throws {
    let site = try FakeClusterSite()
    try site.fault("forbid", ["verb": "get", "resource": "secrets"])
    let check = try check(site)
    #expect(check.verdict == .warn)
    #expect(check.detail.contains("get secrets (secrets in what pods say"))
  }
}
