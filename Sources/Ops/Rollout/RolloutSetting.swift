import Core

extension RolloutRun {
  /// What a rollout has to do with: everything that outlives a phase.
  struct Setting {
    let target: any RolloutTarget
    let journal: any RolloutJournal
    let lock: any EnvironmentLock
    let holder: LockHolder
    let interruption: Interruption
    let view: RolloutView
    let number: Int
    /// Accept a broken service as what is to be replaced.
    let fromBroken: Bool
    /// The bound of the whole.
    let timeout: Duration
    let restIn: RestPoint?
    /// What polls the service; nil is what the target polls its entrance with.
    var probes: (() throws -> any ProbeSource)?
  }
}
