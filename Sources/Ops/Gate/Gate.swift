import Core

/// What judges a release by two witnesses, and is told of everything that they see.
///
/// Does no I/O, so that a recorded rollout can be decided again. How events come in is the same for
/// all: silence, strangers, what the platform says against a release, and time in which nobody was
/// heard. What the rest comes to is each one's own business.
protocol Gate: Sendable {
  var intake: GateIntake { get set }
  /// What it found, once it knows; nothing changes it.
  var verdict: GateVerdict? { get }
  /// Most time without any sample.
  var silenceMax: Duration { get }

  /// Whether a revision has no business here.
  func isForeign(_ revision: String) -> Bool
  /// Takes in a good answer.
  mutating func takeAnswer(_ sample: ProbeSample) -> GateAction
  /// Takes in a probe that failed.
  mutating func takeFailure(_ sample: ProbeSample) -> GateAction
  /// The platform says that all runs, or that it does not; never that it failed.
  mutating func takePlatform(isComplete: Bool) -> GateAction
  /// Looks at what has come so far.
  mutating func judge(at now: Duration) -> GateAction
  /// What was watched by nobody is no part of what is judged.
  mutating func leaveOut(_ gap: Range<Duration>)
  /// Ends it.
  mutating func finish(_ verdict: GateVerdict) -> GateAction
}

extension Gate {
  /// Takes in one event.
  mutating func handle(_ event: GateEvent) -> GateAction {
    if let verdict { return .finish(verdict) }
    switch event {
    case .sample(let sample): return take(sample)
    case .platform(let observation): return take(observation)
    case .tick(let now, let health):
      intake.take(now, health)
      guard intake.silence <= silenceMax else {
        return finish(.inconclusive(.noData(intake.silence)))
      }
      return judge(at: now)
    }
  }

  private mutating func take(_ sample: ProbeSample) -> GateAction {
    if let gap = intake.take(sample) { leaveOut(gap) }
    if sample.outcome == .noData { return .wait }
    if let revision = sample.revision, isForeign(revision) {
      return finish(.failed(.foreignRevision(revision)))
    }
    if sample.outcome.isGood { return takeAnswer(sample) }
    if sample.outcome.mayBeTheProbersFault { intake.unsoundFailures += 1 }
    return takeFailure(sample)
  }

  private mutating func take(_ observation: PlatformObservation) -> GateAction {
    if let gap = intake.take(observation) { leaveOut(gap) }
    switch observation {
    case .failed(let cause): return finish(.failed(.platform(cause)))
    case .complete: return takePlatform(isComplete: true)
    case .progressing: return takePlatform(isComplete: false)
    case .unheard, .unknown: return .wait
    }
  }

  /// Why nobody could tell right now, nil where it is the release that keeps it waiting.
  var doubt: GateDoubt? {
    switch intake.platform {
    case .unheard: return .platform("the platform is not heard")
    case .unknown(let reason): return .platform(reason)
    case .progressing where intake.restarts > 0:
      return .platform(
        "what was whole was so no more \(counted(intake.restarts, "time")), and is not again")
    case .progressing, .complete, .failed: return intake.doubt
    }
  }
}

extension Duration {
  /// A moment behind a gap: later by as much of the gap as came after it.
  func leavingOut(_ gap: Range<Duration>) -> Duration {
    self + max(.zero, gap.upperBound - max(gap.lowerBound, self))
  }
}
