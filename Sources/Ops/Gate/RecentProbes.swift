import Core

/// How many probes came to the service lately, and how many to nobody.
///
/// Only the last of them tell whether the way to a part of the pods is away: what was, and is well
/// again, is no reason for doubt for ever.
struct RecentProbes: Sendable, Equatable {
  /// How far back is looked.
  static let window: Duration = .seconds(30)
  /// What is counted together.
  private static let slot: Duration = .seconds(1)

  private struct Slot: Sendable, Equatable {
    let began: Duration
    var heard = 0
    var unheard = 0
  }

  private var slots: [Slot] = []

  /// Probes that came to the service.
  var heard: Int { slots.reduce(0) { $0 + $1.heard } }
  /// Probes that came to nobody.
  var unheard: Int { slots.reduce(0) { $0 + $1.unheard } }

  /// Counts a probe that was over at `moment`; moments do not go back.
  mutating func add(isHeard: Bool, at moment: Duration) {
    if slots.last.map({ moment - $0.began >= Self.slot }) ?? true {
      slots.removeAll { moment - $0.began > Self.window }
      slots.append(Slot(began: moment))
    }
    if isHeard {
      slots[slots.count - 1].heard += 1
    } else {
      slots[slots.count - 1].unheard += 1
    }
  }
}
