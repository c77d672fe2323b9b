/// What becomes of the rows of a file.
struct ImportOptions: Sendable, Equatable {
  enum Mode: String, Sendable, CaseIterable {
    /// Adds who is not there yet, and leaves everybody else alone: a second time changes nothing.
    case merge
    /// The same, and removes whoever is not in the file or was changed since.
    case replace
    /// Adds everybody under a new UUID, each time.
    case append
  }

  var mode = Mode.merge
  /// Whether rows that are wrong are left out, instead of refusing the file.
  var skipsInvalid = false
}

/// What an import has done.
struct ImportResult: Sendable, Equatable {
  /// Rows in the file.
  var rows = 0
  /// People that were added.
  var inserted = 0
  /// People that were there already.
  var existing = 0
  /// People that were removed because the file does not hold them as they were.
  var removed = 0
  /// Rows that are wrong and were left out, the first of them with their places.
  var skipped = ImportProblems()
  var duration: Duration = .zero
}
