import Core

/// Backups that are newer than the one that was taken in their place.
struct PassedOver: Sendable, Equatable {
  /// Those that lost an object, newest first.
  var incomplete: [BackupEntry] = []
  /// Those that nobody signed whose signature counts, newest first.
  var unsigned: [BackupEntry] = []
  /// Those that count and do not have all of their database, newest first.
  var partial: [BackupEntry] = []

  /// Whether what was to be the newest backup is none.
  var isFault: Bool { !incomplete.isEmpty }

  /// A line for each kind, for who drills.
  var words: [String] { lines(toTake: "drill it by its name") }

  /// The same; `way` is what to do with one that does not have all.
  func lines(toTake way: String) -> [String] {
    var words: [String] = []
    if let first = incomplete.first {
      words.append(
        "\(Self.newer(incomplete, "is", "are")) INCOMPLETE: \(first.id) lacks "
          + first.missing.joined(separator: ", "))
    }
    if let first = unsigned.first {
      words.append(
        "\(Self.newer(unsigned, "is", "are")) UNSIGNED: \(first.id) by no key that counts")
    }
    if let first = partial.first {
      words.append(
        "\(Self.newer(partial, "was", "were")) taken without some of the database: \(first.id) "
          + "without \(first.manifest.leftOut.joined(separator: ", ")); \(way)")
    }
    return words
  }

  private static func newer(
    _ entries: [BackupEntry], _ ofOne: String, _ ofMany: String
  ) -> String {
    let count = entries.count
    return "\(counted(count, "newer backup")) passed over that \(count == 1 ? ofOne : ofMany)"
  }
}

extension BackupListing {
  /// What is newer than `entry` and does not count, or does not have all.
  func passedOver(for entry: BackupEntry) -> PassedOver {
    let newer = entries.prefix { $0.id != entry.id }
    return PassedOver(
      incomplete: newer.filter { !$0.isOfOthers && !$0.missing.isEmpty },
      unsigned: newer.filter(\.isOfOthers),
      partial: newer.filter { $0.counts && !$0.hasAll })
  }
}
