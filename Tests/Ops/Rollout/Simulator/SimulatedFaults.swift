@testable import Ops

/// How the network and the API server misbehave.
struct SimulatedFaults {
  /// How late each kind is told of, at the least and at the most.
  var delay: [ResourceKind: ClosedRange<Int>] = [:]
  /// The share of changes that are told twice.
  var doubled = 0.0
  /// When the API does not answer at all.
  var away: [ClosedRange<Duration>] = []
  /// When the watches of a kind stay open and hear nothing, until each is opened anew.
  var silent: [(kind: ResourceKind, when: ClosedRange<Duration>)] = []
  /// When watches are cut as soon as they are open.
  var cut: [ClosedRange<Duration>] = []

  /// The same with all moments counted from `began`.
  func beginning(at began: Duration) -> SimulatedFaults {
    var faults = self
    faults.away = away.map { ($0.lowerBound + began)...($0.upperBound + began) }
    faults.silent = silent.map {
      ($0.kind, ($0.when.lowerBound + began)...($0.when.upperBound + began))
    }
    faults.cut = cut.map { ($0.lowerBound + began)...($0.upperBound + began) }
    return faults
  }

  /// How long the API was away, or nobody could watch, between two moments.
  func awayTime(from began: Duration, to ended: Duration) -> Duration {
    (away + cut).reduce(.zero) {
      $0 + max(.zero, min($1.upperBound, ended) - max($1.lowerBound, began))
    }
  }

  /// How old what a witness knows may be: the longest that something was not told.
  var stalenessMax: Duration {
    // A watch that has gone deaf is found out by its silence.
    silent.isEmpty ? .seconds(5) : SimulatedWatch.silenceMax + .seconds(15)
  }
}

extension SimulatedFaults {
  /// Draws what goes wrong for one process.
  init(_ random: inout SeededGenerator) {
    for kind in SimulatedWatch.kinds where random.happens(0.5) {
      delay[kind] = 0...Int.random(in: 50...2000, using: &random)
    }
    if random.happens(0.3) { doubled = 0.3 }
    away = random.times(0.25).map { $0...($0 + random.milliseconds(500...40_000)) }
    silent = random.times(0.25).map { begin in
      let kind = SimulatedWatch.kinds.randomElement(using: &random) ?? .pod
      return (kind, begin...(begin + random.milliseconds(500...12_000)))
    }
    cut = random.times(0.1).map { $0...($0 + random.milliseconds(500...15_000)) }
  }
}
