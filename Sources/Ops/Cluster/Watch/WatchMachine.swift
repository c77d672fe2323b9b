import Core

/// Decides how a watch goes on: pure, so that every order of failures can be tested.
///
/// A list says how everything is, a watch goes on from that moment, so that no change is lost or
/// told twice. A watch that ends is begun anew where it ended; a moment that the server forgot is
/// listed anew, and so is one after which nothing was said for too long. Where the server can not
/// be asked, that is told once; what is told next is a list. Watches that end again and again
/// before they say anything are no watching: that is told as a loss too, until one says something.
struct WatchMachine: Sendable {
  /// What came of the last action.
  enum Event: Sendable, Equatable {
    case listed(ClusterList)
    /// The watch is open.
    case opened
    case line(WatchLine)
    /// The server ended the watch, as it does after a while.
    case ended
    /// The list or the watch failed.
    case failed(ClusterFailure)
  }

  /// What to do next.
  enum Action: Sendable, Equatable {
    case list
    /// Open a watch that goes on from there.
    case open(from: String)
    /// Wait for the next line of the open watch.
    case read
  }

  /// What to tell, how long to wait, and what to do then.
  struct Step: Sendable, Equatable {
    var changes: [ClusterChange] = []
    var pause: Duration = .zero
    let action: Action
  }

  /// After the first failure; doubled with each further one in a row.
  static let pauseFirst: Duration = .milliseconds(100)
  /// The longest pause that nobody asked for.
  static let pauseMax: Duration = .seconds(10)
  /// Answers of a server that wants fewer calls, in a row, until it counts as lost.
  static let busyMax = 3

  /// Watches in a row that ended without a line, until the kind counts as lost.
  static let fruitlessMax = 4

  private let kind: ResourceKind
  /// Where a watch goes on; nil where a list is needed.
  private var version: String?
  /// Failures in a row, without a line in between: a list that comes whenever it is asked for says
  /// nothing of watches.
  private var failures = 0
  /// Of these, answers of a server that wants fewer calls.
  private var refusals = 0
  private var isLost = false
  /// Watches in a row that were opened and said nothing.
  private var fruitless = 0
  private var isOpen = false
  /// Whether the open watch said anything.
  private var hasRead = false

  init(_ kind: ResourceKind) { self.kind = kind }

  /// The first thing to do.
  var start: Action { .list }

  /// What follows from `event`; `jitter`, from 0 to 1, keeps many watches from coming back at once.
  mutating func handle(_ event: Event, jitter: Double) -> Step {
    switch event {
    case .listed(let list):
      version = list.resourceVersion
      refusals = 0
      isLost = isBlind
      return Step(
        changes: [.replaced(kind, list.items)] + (isBlind ? [blindness] : []),
        action: .open(from: list.resourceVersion))
    case .opened:
      isOpen = true
      hasRead = false
      return Step(action: .read)
    case .line(let line): return read(line, jitter)
    case .ended: return again(jitter)
    case .failed(let failure): return fail(failure, jitter)
    }
  }

  private mutating func read(_ line: WatchLine, _ jitter: Double) -> Step {
    switch line {
    case .updated(let object, let version):
      return took(version, .updated(kind, object))
    case .deleted(let object, let version):
      return took(version, .deleted(kind, object))
    case .bookmark(let version): return took(version, nil)
    case .failed(let answer):
      let call = ClusterCall("watch", kind, namespace: nil)
      return fail(ClusterFailure(answer, call, context: ""), jitter)
    case .malformed: return again(jitter)
    }
  }

  private mutating func took(_ version: String, _ change: ClusterChange?) -> Step {
    self.version = version
    failures = 0
    refusals = 0
    hasRead = true
    let wasBlind = isBlind
    fruitless = 0
    guard !wasBlind else {
      // It sees again: what a list tells ends the loss.
      isOpen = false
      self.version = nil
      return Step(action: .list)
    }
    return Step(changes: change.map { [$0] } ?? [], action: .read)
  }

  private var isBlind: Bool { fruitless >= Self.fruitlessMax }

  private var blindness: ClusterChange {
    .lost(kind, "watches of \(kind.plural) end before they say anything")
  }

  /// Goes on after an end that is none of the server's ills: at once, unless nothing had come.
  private mutating func again(_ jitter: Double) -> Step {
    isOpen = false
    guard !hasRead else { return Step(action: next) }
    failures += 1
    fruitless += 1
    guard isBlind else { return Step(pause: pause(jitter), action: next) }
    version = nil
    let isNew = !isLost
    isLost = true
    return Step(changes: isNew ? [blindness] : [], pause: pause(jitter), action: .list)
  }

  private mutating func fail(_ failure: ClusterFailure, _ jitter: Double) -> Step {
    let wasOpen = isOpen
    isOpen = false
    switch failure.reason {
    // Cut before it said anything; whether the server is lost, the next attempt will tell.
    case .unreachable where wasOpen && !hasRead: return again(jitter)
    case .timeout where wasOpen: return beQuiet()
    default: break
    }
    failures += 1
    var pause = pause(jitter)
    switch failure.reason {
    case .gone:
      version = nil
      return Step(pause: failures > 1 ? pause : .zero, action: .list)
    case .tooManyRequests(let retryAfter):
      if let retryAfter { pause = retryAfter + pause }
      refusals += 1
      if refusals < Self.busyMax { return Step(pause: pause, action: next) }
    case .unreachable where wasOpen:
      // Whether the server is lost, the next attempt will tell.
      return Step(pause: pause, action: next)
    default: break
    }
    // What is told after this must not build upon what was known before.
    version = nil
    let isNew = !isLost
    isLost = true
    return Step(
      changes: isNew ? [.lost(kind, failure.words)] : [], pause: pause, action: .list)
  }

  /// Goes on after a time in which an open watch said nothing.
  ///
  /// Nothing to tell looks like nothing heard, and a list knows. It is no failure: what is quiet is
  /// watched as well as what is not.
  private mutating func beQuiet() -> Step {
    (failures, refusals, fruitless) = (0, 0, 0)
    version = nil
    return Step(action: .list)
  }

  private var next: Action { version.map { .open(from: $0) } ?? .list }

  /// Half of the pause at least, all of it at most.
  private func pause(_ jitter: Double) -> Duration {
    let whole = min(Self.pauseMax, Self.pauseFirst * (1 << min(failures - 1, 10)))
    return whole / 2 + whole / 2 * jitter
  }
}
