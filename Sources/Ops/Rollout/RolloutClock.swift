import Core
import POSIX

/// How time passes for a rollout.
///
/// Everything that a rollout waits for and every bound that it keeps goes by this clock, so that a
/// simulation can play hours of it in no time.
struct RolloutClock: Sendable {
  /// Time since some moment; never set back.
  let elapsed: @Sendable () -> Duration
  /// Waits.
  let pause: @Sendable (Duration) -> Void

  /// The clock of this machine.
  static let system: RolloutClock = {
    let began = ContinuousClock.now
    return RolloutClock(
      elapsed: { began.duration(to: .now) }, pause: { WorkThread.sleep($0) })
  }()
}
