import Core

/// Backups that are newer than the one that was taken in their place, and do not count.
struct PassedOver: Sendable, Equatable {
  /// Those that lost an object, newest first.
  var incomplete: [BackupEntry] = []
  /// Those that nobody signed whose signature counts, newest first.
  var unsigned: [BackupEntry] = []

  /// Whether what was to be the newest backup is none.
  var isFault: Bool { !incomplete.isEmpty }

  /// A line for each kind.
  var words: [String] {
    var words: [String] = []
    if let first = incomplete.first {
      words.append(
        "\(Self.newer(incomplete)) INCOMPLETE: \(first.id) lacks "
          + first.missing.joined(separator: ", "))
    }
    if let first = unsigned.first {
      words.append("\(Self.newer(unsigned)) UNSIGNED: \(first.id) by no key that counts")
    }
    return words
  }

  private static func newer(_ entries: [BackupEntry]) -> String {
    let count = entries.count
    return "\(counted(count, "newer backup")) passed over that \(count == 1 ? "is" : "are")"
  }
}

extension BackupListing {
  /// What is newer than `entry` and does not count.
  func passedOver(for entry: BackupEntry) -> PassedOver {
    let newer = entries.prefix { $0.id != entry.id }
    return PassedOver(
      incomplete: newer.filter { !$0.isOfOthers && !$0.missing.isEmpty },
      unsigned: newer.filter(\.isOfOthers))
  }
}
