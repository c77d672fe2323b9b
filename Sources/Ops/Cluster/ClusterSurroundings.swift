import Core
import POSIX

/// What a client of a cluster has around it: time, streams, and threads that work beside it.
///
/// A simulation has its own, so that it plays minutes in no time and the same way each time.
struct ClusterSurroundings: Sendable {
  /// Begins a watch; what is given back ends it.
  typealias Watch =
    @Sendable (
      ClusterClient, ClusterSelection, _ silenceMax: Duration,
      _ receive: @escaping @Sendable (ClusterChange) -> Void
    ) throws -> @Sendable () -> Void
  /// Reads a log as it is now.
  typealias Log = @Sendable (ClusterClient, PodLog) throws(ClusterFailure) -> [UInt8]
  /// Calls `body` until it says that it is over, with a pause after each time.
  typealias Work =
    @Sendable (
      _ name: String, _ pause: Duration, _ body: @escaping @Sendable () -> Bool
    ) throws -> Void

  /// The time that passes.
  let clock: RolloutClock
  /// The time on the wall.
  let now: @Sendable () -> Timestamp
  let watch: Watch
  let log: Log
  let work: Work

  /// Those of this process.
  static let real = ClusterSurroundings(
    clock: .system, now: { .now() },
    watch: { client, selection, silenceMax, receive in
      let feed = try WatchFeed(client, selection, silenceMax: silenceMax, receive)
      return { feed.stop() }
    },
    log: { client, log throws(ClusterFailure) in try client.stream(log) },
    work: { name, pause, body in
      try WorkThread.detach(name) {
        while !body() { WorkThread.sleep(pause) }
      }
    })
}
