/// Where a run rests, so that a fault can be injected there: `apply`, or `apply:2` for the moment
/// before the second change of that phase, with the lock already looked at.
struct RestPoint: Sendable, Equatable {
  /// How long a run rests in a phase, unless it is interrupted.
  static let phaseTime: Duration = .seconds(60)
  /// How long it rests before a change, whatever happens meanwhile.
  static let changeTime: Duration = .seconds(20)

  let phase: Phase
  /// The number of the change, from 1; nil for the beginning of the phase.
  let change: Int?

  /// Reads `PHASE` or `PHASE:NUMBER`; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard let name = parts.first, let phase = Phase(rawValue: name) else { return nil }
    self.phase = phase
    change = parts.count > 1 ? Int(parts[1]) : nil
  }
}
