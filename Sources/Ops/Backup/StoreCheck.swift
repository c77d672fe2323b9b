import JSON

/// What one question to a store brought.
struct StoreCheck: Sendable, Equatable {
  enum Verdict: String, Sendable {
    case ok
    /// Backups work; something about the store is worth knowing or mending.
    case warn
    /// Backups into this store would fail.
    case fail
  }

  /// What was asked, in a word or two.
  let subject: String
  let verdict: Verdict
  let detail: String
  /// What to do, one line.
  var advice: String?

  var json: JSONValue {
    [
      "check": .string(subject), "verdict": .string(verdict.rawValue), "detail": .string(detail),
      "advice": advice.map { .string($0) } ?? .null,
    ]
  }
}

/// The checks of a store as a table, and for scripts.
struct StoreReport: Sendable, Equatable {
  let store: String
  let checks: [StoreCheck]

  /// Whether no backup could be kept there.
  var hasFailed: Bool { checks.contains { $0.verdict == .fail } }

  /// Columns for people, the heading first; advice stands below its check.
  var lines: [String] {
    let width = checks.map(\.subject.count).max() ?? 0
    let heading = ErrorReport.printable(store)
    return [heading]
      + checks.flatMap { check in
        let word =
          check.verdict.rawValue
          + String(
            repeating: " ", count: 4 - check.verdict.rawValue.count)
        let gap = String(repeating: " ", count: width - check.subject.count)
        let line = "\(word)  \(check.subject)\(gap)  \(ErrorReport.printable(check.detail))"
        let indent = String(repeating: " ", count: 8 + width)
        return [line] + (check.advice.map { [indent + ErrorReport.printable($0)] } ?? [])
      }
  }

  var json: JSONValue {
    [
      "store": .string(store), "usable": .boolean(!hasFailed),
      "checks": .array(checks.map(\.json)),
    ]
  }
}
