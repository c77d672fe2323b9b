import Core

/// Which of the releases of a rollout is meant.
enum ReleaseSide: String, Sendable, CaseIterable {
  case outgoing = "old"
  case incoming = "new"
  /// A release that takes no part in the rollout, or none that says its name.
  case other

  /// The side of the release with that revision.
  init(_ revision: String?, in record: RolloutRecord) {
    switch revision {
    case record.incoming.revision?: self = .incoming
    case let revision? where revision == record.outgoing?.revision: self = .outgoing
    default: self = .other
    }
  }
}

/// Probes as dots on a grid: few each for itself, many gathered, so that a page stays small.
struct ProbeCloud: Sendable, Equatable {
  /// Where dots can be.
  struct Grid: Sendable, Equatable {
    let columns: Int
    let rows: Int
    /// Dots look alike up to the first of these counts, and darker from each on.
    let densities: [Int]
  }

  struct Dot: Sendable, Equatable {
    let column: Int
    /// From above.
    let row: Int
    let side: ReleaseSide
    /// Which of the grid's densities, from 0.
    let density: Int
  }

  /// Failures that are close to each other.
  struct Failures: Sendable, Equatable {
    let column: Int
    var count: Int
    /// What came of the first, and when it was over by the prober's clock.
    let outcome: ProbeOutcome
    let moment: Duration
  }

  /// Up to so many probes each has a dot of its own.
  static let singleMax = 4000
  static let fine = Grid(columns: 2000, rows: 300, densities: [1])
  static let coarse = Grid(columns: 400, rows: 64, densities: [1, 3, 9])
  /// Crosses side by side.
  static let failureColumns = 100

  let grid: Grid
  private(set) var dots: [Dot] = []
  private(set) var failures: [Failures] = []

  init(_ record: RolloutRecord, _ time: TimeAxis, _ latency: LatencyAxis) {
    let samples = record.samples
    grid = samples.count <= Self.singleMax ? Self.fine : Self.coarse
    guard let start = record.probesBegan else { return }
    var cells: [Int: [ReleaseSide: Int]] = [:]
    var failed: [Int: Failures] = [:]
    for sample in samples where sample.outcome != .noData {
      let place = time.place(start.advanced(by: sample.endedAt))
      guard sample.outcome.isGood else {
        let column = Self.index(place, of: Self.failureColumns)
        failed[
          column,
          default: Failures(
            column: column, count: 0, outcome: sample.outcome, moment: sample.endedAt)
        ].count += 1
        continue
      }
      let column = Self.index(place, of: grid.columns)
      let row = Self.index(1 - latency.place(sample.total), of: grid.rows)
      cells[row * grid.columns + column, default: [:]][
        ReleaseSide(sample.revision, in: record), default: 0] += 1
    }
    let columns = grid.columns
    dots = cells.sorted { $0.key < $1.key }.map { cell, counts in
      dot(cell % columns, cell / columns, counts)
    }
    failures = failed.values.sorted { $0.column < $1.column }
  }

  /// The dot of a cell; where several releases answered, the one that did so most often has it.
  private func dot(_ column: Int, _ row: Int, _ counts: [ReleaseSide: Int]) -> Dot {
    let ranked = ReleaseSide.allCases.map { ($0, counts[$0] ?? 0) }
    let side = ranked.max { $0.1 < $1.1 }?.0 ?? .other
    let count = counts.values.reduce(0, +)
    let density = grid.densities.lastIndex { count >= $0 } ?? 0
    return Dot(column: column, row: row, side: side, density: density)
  }

  private static func index(_ place: Double, of count: Int) -> Int {
    min(count - 1, Int(place * Double(count)))
  }
}
