import Core

/// Lets a few through at a time; a few more may wait for their turn, in the order they came.
final class CallGate: Sendable {
  enum Entry: Sendable, Equatable {
    /// `leave` must follow.
    case entered
    /// As many as may wait are waiting already.
    case full
    /// The turn did not come in time.
    case tooLate
  }

  private struct State {
    var inside = 0
    var waiters: [WakeUp] = []
  }

  private let insideMax: Int
  private let waitersMax: Int
  private let state = Guarded(State())

  init(insideMax: Int, waitersMax: Int) {
    self.insideMax = insideMax
    self.waitersMax = waitersMax
  }

  /// How many are inside and how many wait.
  var counts: (inside: Int, waiting: Int) {
    state.withLock { ($0.inside, $0.waiters.count) }
  }

  func enter(_ deadline: Deadline) -> Entry {
    let turn = WakeUp()
    let entry: Entry? = state.withLock { state in
      if state.inside < insideMax {
        state.inside += 1
        return .entered
      }
      guard state.waiters.count < waitersMax else { return .full }
      state.waiters.append(turn)
      return nil
    }
    if let entry { return entry }
    if turn.wait(until: deadline) { return .entered }
    return state.withLock { state in
      guard let index = state.waiters.firstIndex(where: { $0 === turn }) else {
        // The turn came at the same moment: it is ours.
        return .entered
      }
      state.waiters.remove(at: index)
      return .tooLate
    }
  }

  /// Leaves, and hands the place to whoever waits longest.
  func leave() {
    let next: WakeUp? = state.withLock { state in
      guard !state.waiters.isEmpty else {
        state.inside -= 1
        return nil
      }
      return state.waiters.removeFirst()
    }
    next?.set()
  }
}
