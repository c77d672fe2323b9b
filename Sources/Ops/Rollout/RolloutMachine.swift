/// Decides which phase comes next and how a rollout ends, without doing anything.
///
/// A rollout can be replayed from its journal by giving the machine the same events again.
struct RolloutMachine: Sendable, Equatable {
  /// What happened.
  enum Event: Sendable, Equatable {
    /// The phase is done.
    case succeeded
    /// The phase did not do what it is for.
    case failed(String)
    /// The phase found in time that it must not do what it is for.
    case refused(String)
    /// The phase could not tell.
    case inconclusive(String)
    /// A signal came, or the lock was lost.
    case interrupted(String)
    /// Somebody else holds the lock.
    case held(String)
  }

  /// What is to be done.
  enum Action: Sendable, Equatable {
    /// Enter a phase.
    case enter(Phase)
    /// Say how it ended, and stop.
    case end(Outcome)
  }

  private(set) var phase: Phase
  /// The step of the canary that the rollout is at, from 0; the first unless it has come further.
  private(set) var step: Int
  /// How many steps there are.
  private var steps = 0
  /// What made the rollout fail, in one line.
  private(set) var cause: String?
  /// How the rollout ends where the way back is gone to its end.
  private(set) var verdict = Outcome.rolledBack
  private var hasNothingToUndo = false

  /// Whether what was begun before the first change is given up.
  var givesUpUnchanged: Bool { verdict == .aborted && hasNothingToUndo }

  /// A rollout from the start, or from the phase where another run stopped.
  ///
  /// `cause` is what made it fail before it stopped, if anything did.
  init(from phase: Phase = .lock, step: Int = 0, cause: String? = nil) {
    self.phase = phase
    self.step = step
    self.cause = cause
  }

  /// The abort of a rollout that had come to `phase`.
  ///
  /// Before anything was changed there is nothing to put back: what runs then, whoever brought it,
  /// is left alone.
  init(abortingAt phase: Phase, cause: String) {
    self.phase = phase.changesRelease ? .rollBack : .diagnose
    self.step = 0
    self.cause = cause
    self.verdict = .aborted
    self.hasNothingToUndo = phase.changesNothing
  }

  /// A rollout that goes on where another run stopped, on the way on which that one was.
  init(resuming summary: JournalSummary) {
    let phase = summary.phase ?? .lock
    // What ended a run that was on its way forwards is no failure of the release.
    self.init(
      from: phase.resumed, step: summary.step, cause: phase.isWayBack ? summary.cause : nil)
    guard phase.isWayBack else { return }
    verdict = summary.verdict
    if summary.hasChangedNothing { (self.phase, hasNothingToUndo) = (.diagnose, true) }
  }

  /// The abort of a rollout where another run stopped.
  init(aborting summary: JournalSummary) {
    self.init(
      abortingAt: summary.phase ?? .lock, cause: summary.cause ?? "aborted on request")
    if summary.hasChangedNothing { (phase, hasNothingToUndo) = (.diagnose, true) }
  }

  /// Goes through so many steps between the schema and the whole; one that stood at a step which
  /// is no more goes on behind all of them.
  mutating func take(steps: Int) {
    self.steps = steps
    if phase == .step, step >= steps { phase = .apply }
  }

  /// Takes an event in and says what to do.
  mutating func handle(_ event: Event) -> Action {
    switch event {
    case .succeeded: return advance()
    case .held(let holder):
      cause = holder
      return .end(.locked)
    case .refused(let reason):
      cause = reason
      guard !phase.changesNothing else { return .end(.refused) }
      // What the migration needs was applied before it.
      verdict = .refused
      phase = .rollBack
      return .enter(.rollBack)
    case .interrupted(let reason):
      cause = cause ?? reason
      return .end(.interrupted)
    case .inconclusive(let reason):
      if !phase.isWayBack { verdict = .inconclusive }
      return fail(reason)
    case .failed(let reason): return fail(reason)
    }
  }

  private mutating func advance() -> Action {
    guard !hasNothingToUndo, let next else { return .end(ending) }
    if phase == .step { step += 1 }
    phase = next
    return .enter(next)
  }

  private var next: Phase? {
    switch phase {
    case .migrate where steps > 0: .step
    case .step where step + 1 < steps: .step
    default: phase.next
    }
  }

  private var ending: Outcome { phase == .finish ? .done : verdict }

  private mutating func fail(_ reason: String) -> Action {
    switch phase {
    case .lock, .preflight, .baseline, .backup:
      // Nothing was changed yet: there is nothing to put back.
      cause = reason
      return .end(.refused)
    case .migrate, .step, .apply, .gate, .soak, .finish:
      cause = reason
      phase = .diagnose
      return .enter(.diagnose)
    case .diagnose where hasNothingToUndo: return .end(ending)
    case .diagnose:
      // Evidence that could not be gathered must not keep the old release from coming back.
      phase = .rollBack
      return .enter(.rollBack)
    case .rollBack, .gateOld:
      cause = cause.map { "\($0); then the rollback: \(reason)" } ?? reason
      return .end(.rollbackFailed)
    }
  }
}
