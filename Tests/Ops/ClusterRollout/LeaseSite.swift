import Core
import JSON

@testable import Ops

/// Runs that share a Lease in a fake cluster, each with a clock that goes only when it is told to.
struct LeaseSite {
  let cluster: FakeClusterSite
  let names = ClusterNames(service: "slipway", namespace: FakeClusterSite.namespace)
  let time = Guarded<Duration>(.zero)

  init() throws { cluster = try FakeClusterSite() }

  var client: ClusterClient { cluster.client }

  /// A run of its own.
  func lease() -> ClusterLease {
    let time = time
    return ClusterLease(client, names, clock: { time.withLock { $0 } })
  }

  func pass(_ duration: Duration) { time.withLock { $0 += duration } }

  /// Takes the Lease from a holder that gives no sign of life.
  func takeOver(from first: ClusterLease) throws -> ClusterLease {
    let next = lease()
    try client.mergePatch(
      .lease, names.lease, in: names.namespace, ["spec": ["holderIdentity": ""]])
    _ = try next.acquire(purpose: "resume")
    return next
  }
}
