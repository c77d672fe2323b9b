import Core

/// Where a replica is between its start and its end.
final class ServiceState: Sendable {
  /// The names as the supervisor knows them.
  enum Stage: String, Sendable {
    /// Not ready yet: the problem says why.
    case starting
    /// Ready, and accepts no client.
    case ready
    /// Accepts clients.
    case accepting
    /// On its way out.
    case leaving
  }

  private struct State {
    var stage = Stage.starting
    var problem: String? = "the database was not asked yet"
  }

  private let state = Guarded(State())

  var stage: Stage { state.withLock { $0.stage } }
  var problem: String? { state.withLock { $0.problem } }
  var isLeaving: Bool { stage == .leaving }

  /// What keeps it from being ready; nil makes a starting replica ready.
  func report(problem: String?) {
    state.withLock { state in
      state.problem = problem
      if problem == nil, state.stage == .starting { state.stage = .ready }
      if problem != nil, state.stage == .ready { state.stage = .starting }
    }
  }

  /// Whether the caller is the one that begins to accept; false where that was done or is too late.
  func beginAccepting() -> Bool {
    state.withLock { state in
      guard state.stage == .ready || state.stage == .starting else { return false }
      state.stage = .accepting
      return true
    }
  }

  /// Takes `beginAccepting` back, because it did not succeed.
  func failAccepting(_ problem: String) {
    state.withLock { state in
      if state.stage == .accepting { state.stage = .starting }
      state.problem = problem
    }
  }

  /// Whether clients were accepted before; false the second time too.
  func beginLeaving() -> Bool {
    state.withLock { state in
      defer { state.stage = .leaving }
      return state.stage == .accepting
    }
  }
}
