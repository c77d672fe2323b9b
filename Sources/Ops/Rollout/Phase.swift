/// The steps of a rollout, in their order.
enum Phase: String, Sendable, CaseIterable {
  /// Nobody else changes this environment meanwhile.
  case lock
  /// What can be known beforehand is checked.
  case preflight
  /// What serves now is measured.
  case baseline
  /// The database is saved.
  case backup
  /// The schema is brought up.
  case migrate
  /// A canary of the new release has its share, and two witnesses judge it; once for each step.
  case step
  /// The new release is started, observed in private, and admitted.
  case apply
  /// Two witnesses judge the new release.
  case gate
  /// A canary is taken away, and all is watched a while longer.
  case soak
  /// The old release is forgotten, the lock released.
  case finish
  /// The cause of a failure is found and its evidence kept.
  case diagnose
  /// The old release is put back.
  case rollBack = "roll-back"
  /// The witnesses judge the old release.
  case gateOld = "gate-old"

  /// The phase after this one when all is well, nil after the last; steps are for those rollouts
  /// that have them.
  var next: Phase? {
    switch self {
    case .lock: .preflight
    case .preflight: .baseline
    case .baseline: .backup
    case .backup: .migrate
    case .migrate, .step: .apply
    case .apply: .gate
    case .gate: .soak
    case .soak: .finish
    case .finish: nil
    case .diagnose: .rollBack
    case .rollBack: .gateOld
    case .gateOld: nil
    }
  }

  /// Where a rollout goes on that was interrupted in this phase: what judges must see it all, and
  /// going on is harmless.
  var resumed: Phase {
    switch self {
    case .lock, .preflight, .baseline, .backup: .preflight
    case .migrate: .migrate
    case .step: .step
    case .apply, .gate, .soak: .apply
    case .finish: .finish
    case .diagnose, .rollBack, .gateOld: .rollBack
    }
  }

  /// Whether the phase belongs to putting the old release back.
  var isWayBack: Bool { [.diagnose, .rollBack, .gateOld].contains(self) }

  /// Whether nothing but the environment's own memory is changed up to the end of the phase.
  var changesNothing: Bool { [.lock, .preflight, .baseline, .backup].contains(self) }

  /// Whether the phase may change what clients reach, so that a failure has something to undo.
  var changesRelease: Bool {
    switch self {
    case .step, .apply, .gate, .soak, .finish, .rollBack, .gateOld: true
    case .lock, .preflight, .baseline, .backup, .migrate, .diagnose: false
    }
  }
}

extension Phase {
  /// For people: `gate`, `step 10 %`.
  func title(weight: Int?) -> String { weight.map { "\(rawValue) \($0) %" } ?? rawValue }
}

/// How a rollout ended.
enum Outcome: String, Sendable, CaseIterable {
  /// The new release serves.
  case done
  /// Something stood against it: nothing was changed, or what was is put back.
  case refused
  /// Somebody else holds the environment.
  case locked
  /// The new release failed; the old one serves.
  case rolledBack = "failed-and-rolled-back"
  /// The new release failed, and the old one could not be put back.
  case rollbackFailed = "rollback-failed"
  /// There was not enough to judge by; the old release serves.
  case inconclusive
  /// A signal, or a lost lock, ended the run; `--resume` or `--abort` ends the rollout.
  case interrupted
  /// `--abort` ended the rollout; the old release serves.
  case aborted

  /// Whether it says what serves after all phases, forwards or backwards.
  var isOfWholeRun: Bool { ![.refused, .locked, .interrupted].contains(self) }
}
