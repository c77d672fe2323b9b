import Core

/// How often and how long something is tried again.
public struct RetryPolicy: Sendable, Equatable {
  /// Most attempts, the first among them; far more than `totalMax` lets come about.
  public var attemptsMax = 100
  /// Most time from the first failure on until the last attempt begins: an outage that is survived.
  public var totalMax: Duration = .seconds(300)
  /// The longest pause after the first failure; it doubles with each further one.
  public var pauseFirst: Duration = .milliseconds(200)
  /// The longest pause of all.
  public var pauseMax: Duration = .seconds(20)

  /// The policy for stores that are far away.
  public init() {}
}

/// Decides after each failure whether there is another attempt: no clock, no dice, no I/O.
///
/// Pauses are anywhere between nothing and a bound that doubles: clients that failed together do
/// not come back together.
struct RetryMachine {
  enum Action: Equatable {
    case again(after: Duration)
    case giveUp
  }

  private let policy: RetryPolicy
  private(set) var attempts = 1
  /// What one renewal heals is tried again once, at once.
  private var renewals: Set<StorageError.Kind> = []

  init(_ policy: RetryPolicy) { self.policy = policy }

  /// What to do after a failure, `elapsed` after the first one; `chance` is in 0..<1.
  mutating func handle(
    _ error: StorageError, elapsed: Duration, chance: Double
  ) -> Action {
    guard attempts < policy.attemptsMax else { return .giveUp }
    if [.clock, .expired].contains(error.kind) {
      guard renewals.insert(error.kind).inserted else { return .giveUp }
      attempts += 1
      return .again(after: .zero)
    }
    guard error.kind.isTransient else { return .giveUp }
    let doublings = min(attempts - 1, 20)
    let bound = min(policy.pauseMax, policy.pauseFirst * (1 << doublings))
    // Who is told to wait does so, and still not all at the same moment.
    let wanted = error.answer.retryAfter ?? .zero
    let pause = max(wanted, .zero) + .seconds(bound.inSeconds * chance)
    guard elapsed + pause < policy.totalMax else { return .giveUp }
    attempts += 1
    return .again(after: pause)
  }
}
