import Core
import JSON
import TestSupport
import Testing

@testable import Ops

/// Calls by way of a real `kubectl proxy` to a fake API server.
@Suite struct ClusterClientTests {
  private let site: FakeClusterSite
  private var client: ClusterClient { site.client }
  private let space = FakeClusterSite.namespace

  init() throws { site = try FakeClusterSite() }

  @Test func whatIsNotThereIsNil() throws {
    #expect(try client.get(.configMap, "none", in: space) == nil)
    #expect(try !client.delete(.configMap, "none", in: space))
  }

  @Test func anObjectIsMadeOnce() throws {
    let made = try client.create(
      .configMap, FakeClusterSite.configMap("a", [("k", "1")]), in: space)
    #expect(try client.get(.configMap, "a", in: space) == made)
    #expect(made["metadata"]?["managedFields"]?.elements?.first?["manager"] == "slipway")
    let error = try FakeClusterSite.failure { () throws(ClusterFailure) in
      try client.create(.configMap, FakeClusterSite.configMap("a"), in: space)
    }
    #expect(error.reason == .alreadyExists)
    #expect(
      error.words
        == #"could not create ConfigMap a in namespace default: configmaps "a" already exists"#)
  }

  @Test func anObjectThatSomebodyElseChangedIsNotReplaced() throws {
    let made = try client.create(
      .configMap, FakeClusterSite.configMap("a", [("k", "1")]), in: space)
    try client.mergePatch(.configMap, "a", in: space, ["data": ["k": "2"]])
    let error = try FakeClusterSite.failure { () throws(ClusterFailure) in
      try client.replace(.configMap, made, in: space)
    }
    #expect(error.reason == .conflict)
    #expect(try client.get(.configMap, "a", in: space)?["data"]?["k"] == "2")
  }

  @Test func anObjectThatNobodyElseChangedIsReplaced() throws {
    let made = try client.create(
      .configMap, FakeClusterSite.configMap("a", [("k", "1")]), in: space)
    let members = try #require(made.members).filter { $0.name != "data" }
    let changed = JSONValue.object(members + [JSONMember("data", ["k": "3"])])
    let after = try client.replace(.configMap, changed, in: space)
    #expect(after["data"]?["k"] == "3")
    #expect(after["metadata"]?["resourceVersion"] != made["metadata"]?["resourceVersion"])
  }

  @Test func applyingMakesAnObjectAndThenTakesAwayWhatIsNoLongerSaid() throws {
    try client.apply(
      .configMap, FakeClusterSite.configMap("a", [("k", "1"), ("l", "1")]), in: space)
    try client.mergePatch(.configMap, "a", in: space, ["data": ["other": "x"]])
    try client.apply(.configMap, FakeClusterSite.configMap("a", [("k", "2")]), in: space)
    let data = try client.get(.configMap, "a", in: space)?["data"]
    #expect(data?["k"] == "2")
    #expect(data?["l"] == nil)
    #expect(data?["other"] == "x")
  }

  @Test func aDryRunChangesNothing() throws {
    let would = try client.apply(
      .configMap, FakeClusterSite.configMap("a", [("k", "1")]), in: space, dryRun: true)
    #expect(would["data"]?["k"] == "1")
    #expect(try client.get(.configMap, "a", in: space) == nil)
  }

  @Test func anObjectThatBreaksARuleIsInvalid() throws {
    let error = try FakeClusterSite.failure { () throws(ClusterFailure) in
      try client.apply(
        .job,
        [
          "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "j"],
          "spec": ["template": ["spec": [:]]],
        ], in: space, dryRun: true)
    }
    #expect(error.reason == .invalid)
    #expect(error.exitCode == .refused)
    #expect(error.message.contains("spec.template.spec.containers: Required value"))
  }

  @Test func onlyTheObjectThatIsMeantIsDeleted() throws {
    let made = try client.create(.configMap, FakeClusterSite.configMap("a"), in: space)
    let error = try FakeClusterSite.failure { () throws(ClusterFailure) in
      try client.delete(.configMap, "a", in: space, uid: "another")
    }
    #expect(error.reason == .conflict)
    let uid = made["metadata"]?["uid"]?.text
    #expect(try client.delete(.configMap, "a", in: space, uid: uid))
    #expect(try client.get(.configMap, "a", in: space) == nil)
  }

  @Test func aLongListComesWhole() throws {
    for index in 0..<260 {
      try client.create(.configMap, FakeClusterSite.configMap("c\(1000 + index)"), in: space)
    }
    let list = try client.list(ClusterSelection(.configMap, in: space))
    #expect(list.items.count == 260)
    #expect(Set(list.items.compactMap { $0["metadata"]?["name"]?.text }).count == 260)
    #expect(try site.calls("list", "configmaps") == 2)
  }

  @Test func aListThatTheServerForgotIsBegunAnew() throws {
    try client.create(.configMap, FakeClusterSite.configMap("a"), in: space)
    try site.fault("fail", ["status": 410, "verb": "list", "reason": "Expired"])
    #expect(try client.list(ClusterSelection(.configMap, in: space)).items.count == 1)
  }

  @Test func aSelectionMeansThoseWithTheLabels() throws {
    var labelled = FakeClusterSite.configMap("b").members ?? []
    labelled.removeAll { $0.name == "metadata" }
    labelled.append(JSONMember("metadata", ["name": "b", "labels": ["app": "web"]]))
    try client.create(.configMap, FakeClusterSite.configMap("a"), in: space)
    try client.create(.configMap, .object(labelled), in: space)
    let names = { (list: ClusterList) in list.items.map { $0["metadata"]?["name"]?.text } }
    #expect(
      names(try client.list(ClusterSelection(.configMap, in: space, labels: "app=web"))) == ["b"])
    #expect(
      names(
        try client.list(ClusterSelection(.configMap, in: space, fields: "metadata.name=a")))
        == ["a"])
  }

  @Test func aServerThatWantsFewerCallsIsAskedAgainWhenItSays() throws {
    try site.fault("fail", ["status": 429, "verb": "get", "retryAfter": 1, "count": 2])
    #expect(try client.get(.configMap, "none", in: space) == nil)
    #expect(try site.calls("get", "configmaps") == 3)
  }

  @Test func aServerThatWantsAPauseBeyondTheCallsTimeIsToldOf() throws {
    try site.fault("fail", ["status": 429, "verb": "get", "retryAfter": 30])
    var hurried = client
    hurried.callTimeout = .seconds(5)
    let error = try FakeClusterSite.failure { () throws(ClusterFailure) in
      _ = try hurried.get(.configMap, "none", in: space)
    }
    #expect(error.reason == .tooManyRequests(retryAfter: .seconds(30)))
  }

  @Test func whatIsForbiddenNamesThePermissionThatIsMissing() throws {
    try site.fault("forbid", ["verb": "create", "resource": "leases.coordination.k8s.io"])
    #expect(try !client.isAllowed(ClusterCall("create", .lease, namespace: space)))
    #expect(try client.isAllowed(ClusterCall("get", .lease, namespace: space)))
    let error = try FakeClusterSite.failure { () throws(ClusterFailure) in
      try client.create(.lease, ["metadata": ["name": "l"]], in: space)
    }
    #expect(error.reason == .forbidden)
    #expect(
      error.findings[0].hints.last
        == "kubectl --context fake auth can-i create leases.coordination.k8s.io --namespace default"
    )
  }

  @Test func aServerThatSaysNothingIsATimeout() throws {
    try site.fault("silence", ["seconds": 3])
    var hurried = client
    hurried.callTimeout = .milliseconds(300)
    let error = try FakeClusterSite.failure { () throws(ClusterFailure) in
      _ = try hurried.get(.configMap, "none", in: space)
    }
    #expect(error.reason == .timeout)
  }

  @Test func aServerThatIsAwayIsUnreachableAndComesBack() throws {
    try site.fault("down")
    let error = try FakeClusterSite.failure { () throws(ClusterFailure) in
      _ = try client.get(.configMap, "none", in: space)
    }
    #expect(error.reason == .unreachable)
    #expect(error.exitCode == .unreachable)
    try site.fault("up")
    #expect(try client.get(.configMap, "none", in: space) == nil)
  }
}
