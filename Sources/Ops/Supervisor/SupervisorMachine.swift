import Core

/// Decides what the supervisor does, without doing it.
///
/// Time is the time since the supervisor's start, given with every event.
struct SupervisorMachine: Sendable, Equatable {
  /// The wait before the first restart; doubled each time it does not help.
  static let restartDelayFirst: Duration = .milliseconds(50)
  /// The longest wait before a restart.
  static let restartDelayMax: Duration = .seconds(5)
  /// A replica that stays up this long has started well.
  static let stableAfter: Duration = .seconds(10)
  /// A restarted replica that is not ready by then is killed and started again.
  static let startTimeout: Duration = .seconds(30)
  /// How many sets there are at most: one that leaves, one that serves, one that comes, one spare.
  static let setsMax = 4

  /// What happened.
  enum Event: Sendable, Equatable {
    /// Somebody wants a new set, as a candidate.
    case start(ReplicaSet)
    /// The candidate of that revision is to answer clients.
    case admit(revision: String)
    /// The set of that revision is to leave.
    case dismiss(revision: String)
    /// A process was started.
    case started(name: String, process: Int32)
    /// A replica said what it is.
    case reported(name: String, Replica.State)
    /// A process ended, or could not be started.
    case ended(name: String, ProcessEnd)
    /// Time went by.
    case tick
  }

  /// What is to be done.
  enum Action: Sendable, Equatable {
    /// Start the process of that replica.
    case spawn(name: String)
    /// Ask the replica what it is.
    case ask(name: String)
    /// Tell the replica to accept clients.
    case accept(name: String)
    /// Ask the process to end.
    case terminate(name: String)
    /// End the process.
    case kill(name: String)
  }

  private(set) var sets: [ReplicaSet] = []
  private(set) var replicas: [Replica] = []

  init() {}

  /// Takes up what another supervisor left running.
  init(sets: [ReplicaSet], replicas: [Replica]) {
    self.sets = sets
    self.replicas = replicas
    forgetWhatHasLeft()
  }

  /// Whether something is due soon, so that the caller should come back with a tick.
  var isBusy: Bool {
    sets.contains { $0.stage == .leaving }
      || replicas.contains { replica in
        switch replica.state {
        case .starting, .ready, .leaving, .killed: true
        case .ended: stage(of: replica) == .serving
        case .accepting: false
        }
      }
  }

  /// The set of that revision.
  func set(_ revision: String) -> ReplicaSet? { sets.first { $0.revision == revision } }

  /// The replicas of that revision.
  func replicas(of revision: String) -> [Replica] { replicas.filter { $0.revision == revision } }

  /// Takes an event in and says what to do.
  mutating func handle(_ event: Event, at now: Duration) -> [Action] {
    switch event {
    case .start(let set): return start(set, now)
    case .admit(let revision):
      guard let index = sets.firstIndex(where: { $0.revision == revision }),
        sets[index].stage != .leaving
      else { return [] }
      sets[index].stage = .serving
      return replicas.filter { $0.revision == revision && $0.state == .ready }
        .map { .accept(name: $0.name) }
    case .dismiss(let revision): return dismiss(revision, now)
    case .started(let name, let process):
      change(name) { $0.process = process }
      return []
    case .reported(let name, let state): return reported(name, state)
    case .ended(let name, let end):
      change(name) { replica in
        // One that stayed up for long had started well, whatever ended it.
        if now - replica.startedAt >= Self.stableAfter { replica.restarts = 0 }
        replica.state = .ended
        replica.process = 0
        replica.end = end
        replica.startedAt = now
      }
      forgetWhatHasLeft()
      return []
    case .tick: return replicas.compactMap { due($0, now) }
    }
  }

  private mutating func start(_ set: ReplicaSet, _ now: Duration) -> [Action] {
    guard self.set(set.revision) == nil, sets.count < Self.setsMax else { return [] }
    var set = set
    set.stage = .candidate
    sets.append(set)
    let fresh = (0..<set.count).map { Replica(revision: set.revision, index: $0, at: now) }
    replicas += fresh
    return fresh.map { .spawn(name: $0.name) }
  }

  private mutating func dismiss(_ revision: String, _ now: Duration) -> [Action] {
    guard let index = sets.firstIndex(where: { $0.revision == revision }) else { return [] }
    sets[index].stage = .leaving
    var actions: [Action] = []
    for replica in replicas(of: revision) where replica.state != .ended && replica.leftAt == nil {
      change(replica.name) { ($0.state, $0.leftAt) = (.leaving, now) }
      actions.append(.terminate(name: replica.name))
    }
    forgetWhatHasLeft()
    return actions
  }

  private mutating func reported(_ name: String, _ state: Replica.State) -> [Action] {
    guard let replica = replicas.first(where: { $0.name == name }) else { return [] }
    switch (replica.state, state) {
    case (.starting, .ready), (.starting, .accepting), (.ready, .accepting):
      change(name) { $0.state = state }
      let admitted = stage(of: replica) == .serving
      return state == .ready && admitted ? [.accept(name: name)] : []
    default: return []
    }
  }

  /// What one replica needs now that time went by.
  private mutating func due(_ replica: Replica, _ now: Duration) -> Action? {
    let stage = stage(of: replica)
    switch replica.state {
    case .starting:
      if stage == .serving, now - replica.startedAt >= Self.startTimeout {
        change(replica.name) { $0.state = .killed }
        return .kill(name: replica.name)
      }
      return .ask(name: replica.name)
    case .ready: return stage == .serving ? .accept(name: replica.name) : nil
    case .leaving:
      guard let set = set(replica.revision), let left = replica.leftAt,
        now - left >= set.leaveTimeout
      else { return nil }
      change(replica.name) { $0.state = .killed }
      return .kill(name: replica.name)
    case .ended:
      guard stage == .serving, now - replica.startedAt >= Self.restartDelay(replica.restarts)
      else { return nil }
      change(replica.name) { replica in
        (replica.state, replica.startedAt) = (.starting, now)
        replica.restarts += 1
      }
      return .spawn(name: replica.name)
    case .accepting, .killed: return nil
    }
  }

  /// The wait before the restart number `count`, from 0.
  static func restartDelay(_ count: Int) -> Duration {
    min(restartDelayFirst * (1 << min(count, 16)), restartDelayMax)
  }

  private func stage(of replica: Replica) -> ReplicaSet.Stage? { set(replica.revision)?.stage }

  private mutating func change(_ name: String, _ body: (inout Replica) -> Void) {
    guard let index = replicas.firstIndex(where: { $0.name == name }) else { return }
    body(&replicas[index])
  }

  private mutating func forgetWhatHasLeft() {
    let gone = sets.filter { set in
      set.stage == .leaving && replicas(of: set.revision).allSatisfy { $0.state == .ended }
    }.map(\.revision)
    sets.removeAll { gone.contains($0.revision) }
    replicas.removeAll { gone.contains($0.revision) }
  }
}
