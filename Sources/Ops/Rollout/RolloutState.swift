import Core
import JSON

/// A release as an environment remembers it.
protocol RolloutRelease: Sendable, Equatable {
  /// The rollout that brought it.
  var number: Int { get }
  /// What its answers carry.
  var revision: String { get }
  var json: JSONValue { get }
  init?(_ json: JSONValue)
}

/// What an environment remembers between rollouts.
struct RolloutState<Release: RolloutRelease>: Sendable, Equatable {
  /// How many former releases are remembered, and what they are made of kept.
  static var formerMax: Int { 5 }

  /// The number of the last rollout that was begun.
  var number = 0
  /// What serves, nil before the first release and after a stop.
  var current: Release?
  /// What served before, newest first.
  var former: [Release] = []
  /// Why no rollout may run, nil when one may.
  var frozen: String?

  /// Makes `release` the current one.
  mutating func replaceCurrent(with release: Release) {
    if let current, current.revision != release.revision {
      former.removeAll { $0.revision == current.revision }
      former.insert(current, at: 0)
    }
    former.removeAll { $0.revision == release.revision }
    former = Array(former.prefix(Self.formerMax))
    current = release
  }

  /// Undoes that `release` was made the current one, where it was; whether that was so.
  mutating func putBack(_ former: Release?, insteadOf release: Release) -> Bool {
    guard current?.revision == release.revision else { return false }
    current = former
    self.former.removeAll { $0.revision == former?.revision }
    return true
  }

  /// Makes what serves a former release, because nothing serves any more.
  mutating func forgetCurrent() {
    guard let current else { return }
    former.insert(current, at: 0)
    former = Array(former.prefix(Self.formerMax))
    self.current = nil
  }

  /// The release of that revision, by its whole name or an unmistakable beginning.
  func release(_ revision: String) -> Release? {
    let all = (current.map { [$0] } ?? []) + former
    let matching = all.filter { $0.revision.hasPrefix(revision) }
    return matching.count == 1 ? matching.first : nil
  }
}

/// Why what an environment remembers could not be used.
struct StateUnreadable: Error, Sendable, CustomStringConvertible {
  /// Where it is kept.
  let place: String
  let detail: String
  var description: String { "\(place): \(detail); move it away to begin anew" }
}

extension RolloutState {
  var json: JSONValue {
    [
      "number": .integer(Int64(number)), "current": current?.json ?? .null,
      "former": .array(former.map(\.json)), "frozen": frozen.map { .string($0) } ?? .null,
    ]
  }

  /// Reads what `json` gave; `place` is where it was kept, for people.
  init(_ json: JSONValue, place: String) throws(StateUnreadable) {
    guard let number = json["number"]?.number, let former = json["former"]?.elements else {
      throw StateUnreadable(place: place, detail: "not the state of an environment")
    }
    // A release that cannot be read must not pass for none: what runs of it would be forgotten.
    func release(_ json: JSONValue) throws(StateUnreadable) -> Release {
      guard let release = Release(json) else {
        throw StateUnreadable(place: place, detail: "holds something that is no release")
      }
      return release
    }
    self.number = Int(clamping: number)
    if let current = json["current"], current != .null { self.current = try release(current) }
    for element in former { self.former.append(try release(element)) }
    frozen = json["frozen"]?.text
  }
}
