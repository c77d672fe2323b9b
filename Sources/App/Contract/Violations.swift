/// What is wrong with a request, as far as it is told.
///
/// A client decides how many faults its request has: those beyond `toldMax` are counted and never
/// made, so that no request costs or gets an answer many times its size.
struct Violations: Sendable, Equatable {
  /// How many are told.
  static let toldMax = 100

  private(set) var told: [Violation] = []
  /// How many there are beside those.
  private(set) var untoldCount = 0

  var isEmpty: Bool { told.isEmpty }

  /// Adds one; it is made only where it will be told.
  mutating func add(_ violation: @autoclosure () -> Violation) {
    if told.count < Self.toldMax {
      told.append(violation())
    } else {
      untoldCount += 1
    }
  }
}
