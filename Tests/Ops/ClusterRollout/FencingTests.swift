import Core
import JSON
import POSIX
import Subprocess
import TestSupport
import Testing

@testable import Ops

/// A run that slept past its Lease, and another that took over, in a fake cluster asked through a
/// real kubectl.
@Suite struct FencingTests {
  private let site: LeaseSite

  init() throws { site = try LeaseSite() }

  private var names: ClusterNames { site.names }
  private func lease() -> ClusterLease { site.lease() }
  private func pass(_ duration: Duration) { site.pass(duration) }
  private func takeOver(from first: ClusterLease) throws -> ClusterLease {
    try site.takeOver(from: first)
  }

  private func settings(_ client: ClusterClient) throws(ClusterFailure) {
    try client.apply(
      .configMap, FakeClusterSite.configMap("settings", [("a", "1")]), in: names.namespace)
  }

  private func version(_ name: String) throws -> String? {
    try site.client.get(.configMap, name, in: names.namespace)?["metadata"]?["resourceVersion"]?
      .text
  }

  private func leaseVersion() throws -> String? {
    try site.client.get(.lease, names.lease, in: names.namespace)?["metadata"]?["resourceVersion"]?
      .text
  }

  @Test func aCallThatTheLeaseOutlastsIsSentWithoutAnyOther() throws {
    let lease = lease()
    _ = try lease.acquire(purpose: "rollout")
    let before = try leaseVersion()
    pass(LeaseHold.timeToLive - LeaseHold.margin - site.client.callTimeout)
    try settings(lease.fencing(site.client))
    #expect(try version("settings") != nil)
    #expect(try leaseVersion() == before)
  }

  @Test func theLeaseIsRenewedBeforeACallThatItMightNotOutlast() throws {
    let lease = lease()
    _ = try lease.acquire(purpose: "rollout")
    let before = try leaseVersion()
    pass(LeaseHold.timeToLive - LeaseHold.margin)
    try settings(lease.fencing(site.client))
    #expect(try version("settings") != nil)
    #expect(try leaseVersion() != before)
  }

  @Test func whoeverSleptPastTheLeaseSendsNothingEvenAmidAChange() throws {
    let first = lease()
    let holder = try first.acquire(purpose: "rollout")
    let client = first.fencing(site.client)
    let failure = #expect(throws: LockFailure.self) {
      try first.whileStillHeld(holder) {
        try settings(client)
        let version = try version("settings")
        pass(LeaseHold.timeToLive)
        _ = try takeOver(from: first)
        defer { #expect((try? self.version("settings")) == version) }
        try client.apply(
          .configMap, FakeClusterSite.configMap("settings", [("a", "2")]), in: names.namespace)
      }
    }
    guard case .lost(let other)? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(other?.fence == 2)
  }

  @Test func nothingIsChangedBeforeTheLockIsHeldNorAfterItWasGivenBack() throws {
    let lease = lease()
    let client = lease.fencing(site.client)
    #expect(throws: ClusterFailure.self) { try settings(client) }
    let holder = try lease.acquire(purpose: "rollout")
    try settings(client)
    lease.release(holder)
    #expect(throws: ClusterFailure.self) {
      try client.delete(.configMap, "settings", in: names.namespace)
    }
    #expect(try version("settings") != nil)
  }

  @Test func whatIsOnlyTriedNeedsNoLock() throws {
    let client = lease().fencing(site.client)
    try client.apply(
      .configMap, FakeClusterSite.configMap("settings"), in: names.namespace, dryRun: true)
    #expect(try client.isAllowed(ClusterCall("get", .pod, namespace: names.namespace)))
    #expect(try version("settings") == nil)
  }

  // A request that was under way when the lock went: it is sent here past the look at the lock.

  @Test func aStateThatWasReadBeforeTheTakeoverIsNotWrittenAfterIt() throws {
    let first = lease()
    _ = try first.acquire(purpose: "rollout")
    let late = ClusterStateStore(site.client, names, first)
    try late.save(RolloutState())
    var state = try late.load()
    let next = try takeOver(from: first)
    let store = ClusterStateStore(site.client, names, next)
    try store.save(store.load())
    state.number = 9
    #expect(throws: ClusterFailure.self) { try late.save(state) }
    // Read once more it carries the number of the later holder.
    state = try late.load()
    state.number = 9
    let failure = try FakeClusterSite.failure { () throws(ClusterFailure) in
      do { try late.save(state) } catch let error as ClusterFailure { throw error } catch {}
    }
    #expect(failure.reason == .cancelled)
    #expect(try store.load().number == 0)
  }

  @Test func aJournalThatALaterHolderWroteIsNotAddedTo() throws {
    let first = lease()
    _ = try first.acquire(purpose: "rollout")
    let late = ClusterJournal(site.client, names, first, number: 1)
    try late.append("begin", [:])
    let next = try takeOver(from: first)
    let journal = ClusterJournal(site.client, names, next, number: 1)
    try journal.append("resume", [:])
    #expect(throws: ClusterFailure.self) { try late.append("phase", ["phase": "finish"]) }
    #expect(try journal.entries().map(\.kind) == ["begin", "resume"])
  }

  @Test func anEntryOutlastsACallThatIsNotAnswered() throws {
    let lease = lease()
    _ = try lease.acquire(purpose: "rollout")
    let journal = ClusterJournal(site.client, names, lease, number: 1)
    try journal.append("begin", [:])
    try site.cluster.fault("fail", ["status": 500, "count": 2, "resource": "configmaps"])
    try journal.append("phase", ["phase": "lock"])
    #expect(try journal.entries().map(\.kind) == ["begin", "phase"])
  }

  @Test func aLeaseIsGivenBackThoughSomebodyLabelsItMeanwhile() throws {
    let lease = lease()
    let holder = try lease.acquire(purpose: "rollout")
    try site.cluster.fault(
      "fail",
      [
        "status": 409, "reason": "Conflict", "verb": "update",
        "resource": "leases.coordination.k8s.io",
      ])
    lease.release(holder)
    #expect(try self.lease().acquire(purpose: "undo").fence == 2)
  }

  // What clients reach.

  private func canary(replicas: Int64) throws -> ClusterObject {
    try #require(
      ClusterObject(
        FakeClusterSite.deployment(
          "web-canary", image: "registry.example/app:2", replicas: replicas
        )
        .replacing(["metadata", "namespace"], with: .string(names.namespace))))
  }

  @Test func aCanaryThatALaterHolderChangedIsNotChangedAnyMore() throws {
    let first = lease()
    _ = try first.acquire(purpose: "rollout")
    try first.apply(canary(replicas: 1), by: site.client)
    let next = try takeOver(from: first)
    try next.apply(canary(replicas: 0), by: site.client)
    let failure = try FakeClusterSite.failure { () throws(ClusterFailure) in
      do {
        try first.apply(canary(replicas: 3), by: site.client)
      } catch let error as ClusterFailure { throw error } catch {}
    }
    #expect(failure.reason == .cancelled)
    #expect(
      failure.message.contains("a run with number 2 has written since, and this one has 1"),
      "\(failure.message)")
    let live = try site.client.get(.deployment, "web-canary", in: names.namespace)
    #expect(live?["spec"]?["replicas"] == 0)
  }

  @Test(arguments: [true, false])
  func whoeverTakesOverWritesItsNumberIntoAllThatClientsReach(weighs: Bool) throws {
    let entrance = "host: slipway.example.com"
    let gateway = weighs ? "gateway: { name: front }" : "replicas: 2"
    let platform = try Platform(
      Array(
        """
        service: { name: slipway, image: registry.example/slipway }
        environments:
          testing:
            target: kustomize
            context: \(FakeCluster.context)
            namespace: \(names.namespace)
            auth: off
            database: { mode: bundled, storage: 1Gi }
            \(entrance)
            \(gateway)

        """.utf8))
    let place = try ClusterSite(
      platform.environment("testing"), of: platform, root: "/", client: site.client,
      kubectl: Kubectl.program, interruption: Interruption())
    _ = try lease().acquire(purpose: "rollout")
    let route: JSONValue = [
      "apiVersion": .string(ResourceKind.httpRoute.apiVersion), "kind": "HTTPRoute",
      "metadata": ["name": "slipway"], "spec": ["rules": []],
    ]
    func applyOurs(_ kind: ResourceKind, _ object: JSONValue) throws {
      let labels: [JSONMember] = [
        JSONMember("app.kubernetes.io/name", "slipway"),
        JSONMember("app.kubernetes.io/component", .string(Objects.app)),
      ]
      let labelled = labels.reduce(object) { $0.adding($1, to: ["metadata", "labels"]) }
      try site.client.apply(kind, labelled, in: names.namespace)
    }
    let service: JSONValue = [
      "apiVersion": "v1", "kind": "Service", "metadata": ["name": "slipway"],
      "spec": ["ports": [["name": "http", "port": 80]]],
    ]
    try applyOurs(.httpRoute, route)
    try applyOurs(.service, service)
    for name in ["slipway", "slipway-canary"] {
      try applyOurs(
        .deployment, FakeClusterSite.deployment(name, image: "registry.example/app:1"))
    }
    try site.client.delete(.lease, names.lease, in: names.namespace)
    _ = try place.lease.acquire(purpose: "resume")
    try place.takeOver(place.load())
    for (kind, name) in [
      (ResourceKind.deployment, "slipway"), (.deployment, "slipway-canary"),
      (.service, "slipway"), (.httpRoute, "slipway"),
    ] {
      let live = try site.client.get(kind, name, in: names.namespace)
      // A route where no Gateway of ours weighs is somebody else's.
      let isOurs = kind != .httpRoute || weighs
      #expect(
        KeptText.fence(of: live) == (isOurs ? place.lease.number : 0), "\(kind.kind) \(name)")
    }
    #expect(place.lease.number > 0)
  }

  @Test func weightsThatWereReadBeforeTheTakeoverAreNotWrittenAfterIt() throws {
    let route = try #require(
      ClusterObject([
        "apiVersion": .string(ResourceKind.httpRoute.apiVersion), "kind": "HTTPRoute",
        "metadata": ["name": "web", "namespace": .string(names.namespace)],
        "spec": ["rules": []],
      ]))
    try site.client.apply(route.kind, route.json, in: names.namespace)
    let first = lease()
    _ = try first.acquire(purpose: "rollout")
    func live() throws -> JSONValue {
      try #require(try site.client.get(route.kind, route.name, in: names.namespace))
    }
    let seen = try live()
    let next = try takeOver(from: first)
    try next.patch(route, seen, ["spec": ["rules": [["weight": 0]]]], by: site.client)
    #expect(throws: ClusterFailure.self) {
      try first.patch(route, seen, ["spec": ["rules": [["weight": 9]]]], by: site.client)
    }
    #expect(try live()["spec"]?["rules"] == [["weight": 0]])
  }

  @Test func aDeleteThatComesLateLeavesWhatWasMadeInItsPlace() throws {
    let client = site.client
    try client.create(.configMap, FakeClusterSite.configMap("settings"), in: names.namespace)
    let lease = lease()
    _ = try lease.acquire(purpose: "rollout")
    let before = try site.cluster.calls("delete", "configmaps")
    try site.cluster.fault("hold", ["verb": "delete", "resource": "configmaps"])
    let outcome = Guarded<ClusterFailure.Reason?>(nil)
    let names = names
    try WorkThread.detach("late delete") {
      do throws(ClusterFailure) {
        try lease.delete(.configMap, "settings", in: names.namespace, by: client)
        outcome.withLock { $0 = .gone }
      } catch {
        let reason = error.reason
        outcome.withLock { $0 = reason }
      }
    }
    try #require(
      try FakeClusterSite.eventually {
        try site.cluster.calls("delete", "configmaps") > before
      })
    try client.delete(.configMap, "settings", in: names.namespace)
    try client.create(.configMap, FakeClusterSite.configMap("settings"), in: names.namespace)
    try site.cluster.fault("release")
    #expect(FakeClusterSite.eventually { outcome.withLock { $0 } != nil })
    #expect(outcome.withLock { $0 } == .conflict)
    #expect(try version("settings") != nil)
  }
}

@Suite struct ProcessMarkTests {
  private static let patience: Duration = .seconds(30)

  @Test func aProcessThatWasKilledIsKnownToHaveEndedWhereItsNumberCounts() throws {
    let own = try #require(ProcessMark.own)
    let child = try Subprocess.Command("sleep", ["600"]).spawn()
    let tick = try #require(ProcessHandle.startTick(of: child.identifier))
    func mark(boot: String? = nil, namespace: String? = nil, tick: UInt64) -> ProcessMark {
      ProcessMark(
        boot: boot ?? own.boot, namespace: namespace ?? own.namespace, process: child.identifier,
        startTick: tick)
    }
    #expect(!mark(tick: tick).hasEnded(seenFrom: own))
    #expect(mark(tick: tick + 1).hasEnded(seenFrom: own), "another process has the number by now")
    child.send(.kill)
    _ = child.wait(.after(Self.patience))
    #expect(mark(tick: tick).hasEnded(seenFrom: own))
    #expect(!mark(boot: "other", tick: tick).hasEnded(seenFrom: own))
    #expect(!mark(namespace: "pid:[1]", tick: tick).hasEnded(seenFrom: own))
    #expect(!mark(tick: tick).hasEnded(seenFrom: nil))
  }
}
