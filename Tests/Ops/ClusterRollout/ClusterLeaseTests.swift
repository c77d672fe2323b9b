import Core
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

/// The Lease of an environment in a fake cluster, asked through a real kubectl.
@Suite struct ClusterLeaseTests {
  private let site: LeaseSite

  init() throws { site = try LeaseSite() }

  private var names: ClusterNames { site.names }
  private func lease() -> ClusterLease { site.lease() }

  private func record() throws -> LeaseRecord {
    LeaseRecord(try #require(try site.client.get(.lease, names.lease, in: names.namespace)))
  }

  private func failure(_ body: () throws(LockFailure) -> Void) -> LockFailure? {
    do throws(LockFailure) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  @Test func theFirstHolderHasNumberOneAndIsNamed() throws {
    let lease = lease()
    #expect(try lease.holder() == nil)
    let holder = try lease.acquire(purpose: "rollout")
    #expect(holder.fence == 1)
    #expect(holder.process == ProcessInfo.identifier)
    #expect(try self.lease().holder()?.purpose == "rollout")
    #expect(try record().duration == LeaseHold.timeToLive)
  }

  @Test func whatIsGivenBackIsTakenAtOnce() throws {
    let first = lease()
    let holder = try first.acquire(purpose: "rollout")
    first.release(holder)
    #expect(try lease().acquire(purpose: "undo").fence == 2)
    #expect(failure { () throws(LockFailure) in try first.renew(holder) } != nil)
  }

  @Test func aHolderThatRenewsIsNamedToTheNextOne() throws {
    let first = lease()
    let holder = try first.acquire(purpose: "rollout")
    let isOver = Guarded(false)
    try WorkThread.detach("renewal") {
      while !isOver.withLock({ $0 }) {
        try? first.renew(holder)
        WorkThread.sleep(.milliseconds(50))
      }
    }
    defer { isOver.withLock { $0 = true } }
    let error = failure { () throws(LockFailure) in _ = try lease().acquire(purpose: "undo") }
    guard case .held(let other)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(other.fence == 1)
    #expect(other.purpose == "rollout")
  }

  @Test func aHolderWhoseTimeIsOverIsReplacedAndChangesNothingMore() throws {
    let first = lease()
    let holder = try first.acquire(purpose: "rollout")
    let time = site.time
    let isOver = Guarded(false)
    try WorkThread.detach("time") {
      while !isOver.withLock({ $0 }) {
        time.withLock { $0 += .seconds(1) }
        WorkThread.sleep(.milliseconds(20))
      }
    }
    defer { isOver.withLock { $0 = true } }
    let second = try lease().acquire(purpose: "undo")
    #expect(second.fence == 2)
    let version = try record().resourceVersion
    let ran = Counter()
    let error = failure { () throws(LockFailure) in
      try first.whileHeld(holder) { () throws(LockFailure) in _ = ran.add() }
    }
    guard case .lost(let other)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(other?.fence == 2)
    #expect(ran.value == 0)
    first.release(holder)
    #expect(try record().resourceVersion == version)
  }

  @Test func aHolderThatSleptPastItsTimeRenewsBeforeItChangesAnything() throws {
    let lease = lease()
    let holder = try lease.acquire(purpose: "rollout")
    let before = try record()
    site.pass(LeaseHold.timeToLive + .seconds(1))
    let renewed = try lease.whileHeld(holder) { () throws(LockFailure) -> LeaseRecord? in
      try? record()
    }
    #expect(renewed?.resourceVersion != before.resourceVersion)
    #expect(renewed?.fence == before.fence)
    // Within its time it reads alone.
    let again = try lease.whileHeld(holder) { () throws(LockFailure) in try? record() }
    #expect(again?.resourceVersion == renewed?.resourceVersion)
  }

  @Test func aLeaseThatSomebodyLabelsMeanwhileIsRenewedAllTheSame() throws {
    let lease = lease()
    let holder = try lease.acquire(purpose: "rollout")
    try site.client.mergePatch(
      .lease, names.lease, in: names.namespace, ["metadata": ["labels": ["seen": "yes"]]])
    try lease.renew(holder)
    #expect(try record().fence == 1)
  }

  @Test func aServerThatIsBusyForAMomentIsAskedAgain() throws {
    let lease = lease()
    let holder = try lease.acquire(purpose: "rollout")
    try site.cluster.fault(
      "fail", ["status": 500, "count": 2, "resource": "leases.coordination.k8s.io"])
    let ran = Counter()
    try lease.whileHeld(holder) { () throws(LockFailure) in _ = ran.add() }
    #expect(ran.value == 1)
  }

  @Test func whoeverTakesALeaseThatSomebodyDeletedCountsOnFromWhatIsWritten() throws {
    for _ in 1...3 {
      let lease = lease()
      let holder = try lease.acquire(purpose: "rollout")
      let store = ClusterStateStore(site.client, names, lease)
      try store.save(store.load())
      lease.release(holder)
    }
    try site.client.delete(.lease, names.lease, in: names.namespace)
    let next = lease()
    #expect(try next.acquire(purpose: "rollout").fence == 4)
    let store = ClusterStateStore(site.client, names, next)
    try store.save(store.load())

    try site.client.delete(.configMap, names.state, in: names.namespace)
    try site.client.delete(.lease, names.lease, in: names.namespace)
    var deployment = FakeClusterSite.deployment(names.service, image: "registry.example/app:1")
    deployment = deployment.adding(
      JSONMember(KeptText.fenceKey, "57"), to: ["metadata", "annotations"])
    try site.client.apply(.deployment, deployment, in: names.namespace)
    #expect(try lease().acquire(purpose: "rollout").fence == 58)
  }
}
