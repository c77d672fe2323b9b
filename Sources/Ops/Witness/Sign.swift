import Core

/// Something that speaks against a release, as it can be seen right now.
struct Sign: Sendable, Equatable {
  /// What a sign is worth.
  enum Weight: Sendable, Equatable {
    /// It will not heal: the release has failed.
    case sound
    /// It will not heal, and what says more of it is about to be heard: it counts once it has stood
    /// this long, or once that is heard.
    case soundAfter(Duration)
    /// It may heal; it counts once it has stood for the grace of the policy, and `patience` before.
    case mayHeal(patience: Duration)
  }

  let cause: Cause
  let weight: Weight
  /// What it is a sign of: a sign of the same thing is the same sign, whatever its words.
  let subject: String

  static func sound(_ cause: Cause, of subject: String) -> Sign {
    Sign(cause: cause, weight: .sound, subject: subject)
  }

  static func mayHeal(
    _ cause: Cause, of subject: String, patience: Duration = .zero
  ) -> Sign {
    Sign(cause: cause, weight: .mayHeal(patience: patience), subject: subject)
  }

  /// What its grace is counted by.
  var key: String { "\(CauseText(cause).id) \(subject)" }
}

/// Since when each sign stands that may heal.
///
/// A sign that is gone and comes again begins anew.
struct SignHistory: Sendable, Equatable {
  private var since: [String: Duration] = [:]

  /// Takes in what stands now.
  mutating func note(_ signs: [Sign], at now: Duration) {
    var standing: [String: Duration] = [:]
    for sign in signs { standing[sign.key] = since[sign.key] ?? now }
    since = standing
  }

  /// How long a sign has stood.
  func age(of sign: Sign, at now: Duration) -> Duration { now - (since[sign.key] ?? now) }

  /// The sign whose time is over, nil while there is none: what is sound first, then what has
  /// waited longest.
  func verdict(on signs: [Sign], grace: Duration, at now: Duration) -> Cause? {
    if let sound = signs.first(where: { $0.weight == .sound }) { return sound.cause }
    let overdue = signs.compactMap { sign -> (cause: Cause, by: Duration)? in
      let due: Duration
      switch sign.weight {
      case .sound: due = .zero
      case .soundAfter(let patience): due = patience
      case .mayHeal(let patience): due = patience + grace
      }
      let by = age(of: sign, at: now) - due
      return by >= .zero ? (sign.cause, by) : nil
    }
    return overdue.max { $0.by < $1.by }?.cause
  }
}

/// Time as a witness has seen it pass.
///
/// The clock of a machine may be set, and a process may be suspended: what was not looked at is no
/// time in which something failed to heal.
struct ObservedTime: Sendable, Equatable {
  /// Most time between two looks that is believed.
  static let stepMax: Duration = .seconds(5)

  private(set) var elapsed: Duration = .zero
  private var last: Timestamp?

  /// Moves on to `now`; how much of it counts.
  @discardableResult
  mutating func pass(to now: Timestamp, counts: Bool = true) -> Duration {
    defer { last = now }
    guard counts, let last else { return .zero }
    let step = min(max(.zero, now.since(last)), Self.stepMax)
    elapsed += step
    return step
  }
}
