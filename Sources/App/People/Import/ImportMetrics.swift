import Core

/// What became of imports by HTTP and of the rows in their files.
final class ImportMetrics: MetricsSource {
  /// How an import ended.
  enum Outcome: String, CaseIterable {
    case done
    /// Something is wrong with the file.
    case refused
    case failed
  }

  private struct Counts {
    var outcomes: [Outcome: Int] = [:]
    var inserted = 0
    var existing = 0
    var removed = 0
    var skipped = 0
    var durations = Histogram()
  }

  private let counts = Guarded(Counts())

  /// Counts an import that began then and gave `result`, nil where it did not come to its end.
  func count(_ outcome: Outcome, _ result: ImportResult?, since start: ContinuousClock.Instant) {
    counts.withLock { counts in
      counts.outcomes[outcome, default: 0] += 1
      counts.durations.record(ContinuousClock.now - start)
      guard let result else { return }
      counts.inserted += result.inserted
      counts.existing += result.existing
      counts.removed += result.removed
      counts.skipped += result.skipped.rows
    }
  }

  func write(to page: inout MetricsText) {
    let counts = counts.withLock { $0 }
    let imports = "slipway_imports_total"
    page.family(imports, .counter, "Imports by HTTP, by how they ended.")
    for outcome in Outcome.allCases {
      page.sample(
        imports, [("outcome", outcome.rawValue)], String(counts.outcomes[outcome] ?? 0))
    }
    let rows = "slipway_import_rows_total"
    page.family(rows, .counter, "Rows of imports that were done, by what became of them.")
    for (outcome, count) in [
      ("inserted", counts.inserted), ("existing", counts.existing), ("removed", counts.removed),
      ("skipped", counts.skipped),
    ] {
      page.sample(rows, [("outcome", outcome)], String(count))
    }
    let durations = "slipway_import_duration_seconds"
    page.family(durations, .histogram, "Duration of imports, the upload left aside.")
    page.histogram(durations, [], counts.durations)
  }
}
