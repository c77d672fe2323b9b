import Core

/// What a witness watches, and how it is read.
///
/// A subject says what stands right now; since when, and whether that is too long, is for the
/// witness to say.
protocol WitnessSubject: Sendable {
  /// Kinds without which nothing can be told of it; events are of help and never needed.
  static var kinds: [ResourceKind] { get }

  /// Whether containers that run are asked for their words as well once it has failed, those among
  /// them that call themselves ready.
  static var asksReadyOnes: Bool { get }

  /// Reads what is known; may remember which objects it has found to be the ones in question.
  mutating func judge(_ objects: WitnessedObjects) -> Judgement
}

extension WitnessSubject {
  static var asksReadyOnes: Bool { false }
}

/// What stands right now.
struct Judgement: Sendable, Equatable {
  /// Whether all is there that was wanted.
  var isComplete = false
  /// What speaks against it.
  var signs: [Sign] = []
  /// The pods that are judged.
  var pods: [PodReading] = []
  /// The uids of those who made them, whose events are evidence too.
  var owners: [String] = []
  /// How far it has come, in a few words.
  var progress = ""
}
