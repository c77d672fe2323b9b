import Core

/// What the comment at the head of a migration says about it.
public struct MigrationHeader: Sendable, Equatable {
  /// When a change may run, seen from the releases around it.
  public enum Phase: String, Sendable, CaseIterable {
    /// Adds what the old release does not mind; runs before the new one starts.
    case expand
    /// Moves data.
    case migrate
    /// Takes away what only older releases need.
    case contract
  }

  /// How long one table may be locked, and how strongly.
  public struct LockBudget: Sendable, Equatable {
    /// The table's name.
    public let table: String
    /// PostgreSQL's name of the lock mode, such as `SHARE UPDATE EXCLUSIVE`.
    public let mode: String
    /// The longest time that it may be held.
    public let time: Duration
  }

  /// The phase; `expand` unless said otherwise.
  public var phase = Phase.expand
  /// Whether the file runs in one transaction.
  public var hasTransaction = true
  /// The oldest release that runs on the result; contract only.
  public var minRelease: Release?
  /// The budget that a lock audit holds the file to.
  public var locks: [LockBudget] = []

  /// The defaults.
  public init() {}

  /// Reads the comment lines before the first line of SQL; adds what is wrong to `problems`.
  init(_ text: String, file: String, problems: inout [MigrationProblem]) {
    self.init()
    var seen: Set<String> = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let line = line.drop { $0 == "\u{feff}" }.trimmed
      guard line.isEmpty || line.hasPrefix("--") else { break }
      let pair = line.dropFirst(2).trimmed.split(separator: ":", maxSplits: 1)
      guard pair.count == 2, let key = pair.first, key.allSatisfy(Self.isKeyCharacter),
        !pair[1].hasPrefix("//")
      else { continue }
      let place = MigrationProblem.Place(file: file, line: index + 1)
      if !seen.insert(String(key)).inserted {
        problems.append(MigrationProblem(place, "\(key) is said twice"))
      } else if let message = set(String(key), pair[1].trimmed) {
        problems.append(MigrationProblem(place, message))
      }
    }
    check(file, &problems)
  }

  private static let keys = ["phase", "transaction", "min-release", "locks"]

  private static func isKeyCharacter(_ character: Character) -> Bool {
    character.isASCII && character.isLowercase || character == "-"
  }

  /// Takes one line; gives what is wrong with it.
  private mutating func set(_ key: String, _ value: String) -> String? {
    switch key {
    case "phase":
      guard let phase = Phase(rawValue: value) else {
        return "phase is \(Phase.allCases.map(\.rawValue).joined(separator: ", "))"
      }
      self.phase = phase
    case "transaction":
      guard value == "yes" || value == "no" else { return "transaction is yes or no" }
      hasTransaction = value == "yes"
    case "min-release":
      guard let release = Release(value) else { return "min-release is three numbers: 2026.11.0" }
      minRelease = release
    case "locks":
      return setLocks(value)
    default:
      let hint = Suggestion.nearest(to: key, in: Self.keys).map { "did you mean \($0)?" }
      return "unknown key \(key); \(hint ?? "allowed: \(Self.keys.joined(separator: ", "))")"
    }
    return nil
  }

  private mutating func setLocks(_ value: String) -> String? {
    for entry in value.split(separator: ",") {
      let sides = entry.trimmed.split(separator: "=", maxSplits: 1)
      let parts = sides.count == 2 ? sides[1].split(separator: "/") : []
      guard parts.count == 2, let time = DurationText.parse(parts[1].trimmed),
        Self.modes.contains(parts[0].trimmed)
      else { return "locks is table=MODE/time, separated by commas: people=SHARE/2s" }
      locks.append(LockBudget(table: sides[0].trimmed, mode: parts[0].trimmed, time: time))
    }
    return nil
  }

  private func check(_ file: String, _ problems: inout [MigrationProblem]) {
    let place = MigrationProblem.Place(file: file, line: 1)
    if phase == .contract, minRelease == nil {
      problems.append(MigrationProblem(place, "a contract migration says its min-release"))
    }
    if phase != .contract, minRelease != nil {
      problems.append(MigrationProblem(place, "min-release belongs to phase contract"))
    }
  }

  /// The table-level lock modes, weakest first.
  ///
  /// https://www.postgresql.org/docs/15/explicit-locking.html
  private static let modes = [
    "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE",
    "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE",
  ]
}

extension Substring {
  fileprivate var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}

extension String {
  fileprivate var trimmed: String { self[...].trimmed }
}
