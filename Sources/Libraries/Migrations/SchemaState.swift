import Core
import SQL

/// Whether a release can work with the schema that is there.
public enum SchemaState: Sendable, Equatable {
  /// There is no history; counts as behind.
  case notInitialised
  /// Migrations of this release are missing.
  case behind(missing: [Int])
  /// Exactly what this release knows.
  case current
  /// A newer release has migrated, and this one still runs on the result.
  ///
  /// During a rollout and after a rollback an old replica must stay ready.
  case aheadCompatible(newer: [Int])
  /// A newer release took away what this one needs.
  case aheadIncompatible(newer: [Int], minRelease: Release)

  /// Whether the release may serve.
  public var isUsable: Bool {
    switch self {
    case .current, .aheadCompatible: true
    case .notInitialised, .behind, .aheadIncompatible: false
    }
  }

  /// What `read` asks the database.
  public static var statements: [Statement] { [MigrationHistory.versions] }

  /// Reads the state with one small query, cheap enough for a readiness probe.
  public static func read(
    _ database: any Database, known: MigrationSet, release: String = Version.current,
    deadline: Deadline
  ) throws(DatabaseError) -> SchemaState {
    let rows: [Row]
    do throws(DatabaseError) {
      rows = try database.query(MigrationHistory.versions, deadline: deadline)
    } catch {
      if MigrationHistory.isMissingTable(error) { return .notInitialised }
      throw error
    }
    var entries: [Entry] = []
    for row in rows {
      let minRelease: String? = try row.get(2)
      entries.append(
        Entry(
          version: try row.get(0), isFinished: try row.get(1),
          minRelease: minRelease.flatMap { Release($0) }))
    }
    return judge(entries, known: Set(known.migrations.map(\.version)), release: Release(release))
  }

  struct Entry {
    let version: Int
    let isFinished: Bool
    let minRelease: Release?
  }

  static func judge(_ entries: [Entry], known: Set<Int>, release: Release?) -> SchemaState {
    let missing = known.subtracting(entries.filter(\.isFinished).map(\.version))
    guard missing.isEmpty else { return .behind(missing: missing.sorted()) }
    let newer = entries.filter { !known.contains($0.version) }
    guard !newer.isEmpty else { return .current }
    let versions = newer.map(\.version).sorted()
    // Unfinished counts: what it takes away may be gone already.
    if let needed = newer.compactMap(\.minRelease).max(), release.map({ $0 < needed }) ?? true {
      return .aheadIncompatible(newer: versions, minRelease: needed)
    }
    return .aheadCompatible(newer: versions)
  }
}

extension SchemaState: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    func list(_ versions: [Int]) -> String { versions.map(String.init).joined(separator: ", ") }
    switch self {
    case .notInitialised: return "not initialised"
    case .behind(let missing): return "behind, without \(list(missing))"
    case .current: return "current"
    case .aheadCompatible(let newer): return "ahead by \(list(newer)), compatible"
    case .aheadIncompatible(let newer, let release):
      return "ahead by \(list(newer)), needs release \(release) or later"
    }
  }
}
