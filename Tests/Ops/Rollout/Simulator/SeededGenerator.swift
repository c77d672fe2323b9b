/// Random numbers that a seed repeats: SplitMix64.
///
/// https://prng.di.unimi.it/splitmix64.c
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Whether something happens that does in `share` of all cases.
  mutating func happens(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }

  mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
    .milliseconds(Int.random(in: range, using: &self))
  }

  /// Moments in which something happens, in a share of all cases.
  mutating func times(_ share: Double) -> [Duration] {
    guard happens(share) else { return [] }
    let count = Int.random(in: 1...3, using: &self)
    return (0..<count).map { _ in milliseconds(1000...90_000) }.sorted()
  }
}
