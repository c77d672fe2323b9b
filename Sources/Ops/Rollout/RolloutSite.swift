import Core

/// An environment as its rollouts see it: what is remembered there, who may change it, and how a
/// release is made for it.
protocol RolloutSite {
  associatedtype Release: RolloutRelease

  var environment: Environment { get }
  var lock: any EnvironmentLock { get }

  /// Throws where this machine lacks a program that changes need, before anything is begun.
  func checkPrograms() throws
  /// Makes what everything else here is kept in.
  func prepare() throws
  /// What is remembered, an empty state where nothing is yet.
  func load() throws -> RolloutState<Release>
  /// The state with what the platform itself knows of what serves.
  func surveyed(_ state: RolloutState<Release>) throws -> RolloutState<Release>
  /// Remembers it; to be called only while the lock is held.
  func save(_ state: RolloutState<Release>) throws
  /// Makes what a former holder of the lock has still under way fail, where the lock alone does
  /// not; `state` is what is remembered.
  func takeOver(_ state: RolloutState<Release>) throws
  /// The journal of a rollout.
  func journal(_ number: Int) -> any RolloutJournal
  /// The numbers of the journals that are kept.
  func journalNumbers() throws -> [Int]
  /// The folder on this machine that a rollout's report is written to.
  func report(_ number: Int) -> String
  /// The release that a request means, kept so that it can be brought.
  ///
  /// What others could be keeping at the same time is kept within `held`, while the lock is ours.
  func release(
    for request: RolloutRequest, number: Int, held: (() throws -> Void) throws -> Void
  ) throws -> Release
  /// A former release as another rollout brings it back, kept in the same way.
  func release(
    again former: Release, number: Int, held: (() throws -> Void) throws -> Void
  ) throws -> Release
  /// Brings back what should serve where nothing runs any more, after a reboot for one.
  func revive(_ state: RolloutState<Release>) throws
  /// What carries a rollout of `release` over `former` out.
  func target(
    _ release: Release, over former: Release?, _ request: RolloutRequest
  ) throws -> any RolloutTarget
}

extension RolloutSite {
  /// Most platforms need none.
  func checkPrograms() throws {}

  /// Most platforms know nothing that a rollout did not tell them.
  func surveyed(_ state: RolloutState<Release>) throws -> RolloutState<Release> { state }
}
