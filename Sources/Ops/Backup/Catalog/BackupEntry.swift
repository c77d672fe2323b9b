import ObjectStorage

/// A backup as the catalog lists it.
struct BackupEntry: Sendable, Equatable {
  /// How good it is known to be.
  enum State: String, CaseIterable, Sendable, Comparable {
    /// All of it was sent.
    case uploaded
    /// All of it was read back.
    case bytesVerified = "bytes-verified"
    /// It was restored and compared.
    case proven

    static func < (left: State, right: State) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  let manifest: BackupManifest
  /// The digest of the manifest's bytes, in hexadecimal.
  let manifestSHA256: String
  /// Whether the store still has every object that the manifest names, as long as it should be.
  let missing: [String]
  let verified: BackupMark?
  let proven: BackupMark?
  /// Whether signatures are asked for and it has none that counts.
  var isOfOthers = false

  var id: BackupID { manifest.id }
  /// Whether it is one to count with: all of it is there, and nobody else wrote it.
  var counts: Bool { missing.isEmpty && !isOfOthers }
  /// Whether it has all of its database.
  var hasAll: Bool { manifest.leftOut.isEmpty }

  /// What is known; nothing of a backup that is no longer whole, or of others.
  var state: State {
    guard counts else { return .uploaded }
    return proven != nil && manifest.proof.mode.canProve
      ? .proven : verified != nil ? .bytesVerified : .uploaded
  }
}

/// All that is in a store under the name of one database.
struct BackupListing: Sendable, Equatable {
  /// Something that has the place of a backup and can not be read.
  struct Unreadable: Sendable, Equatable {
    let key: ObjectKey
    let problem: RecordProblem
  }

  /// Newest first, by the moment that they show.
  let entries: [BackupEntry]
  /// Backups without a manifest: under way, or left behind by a run that was killed.
  let unlisted: [BackupID]
  let unreadable: [Unreadable]
  /// What this program did not write; left alone.
  let foreign: [ObjectKey]

  /// Whether backups of several databases take turns, of those that count.
  ///
  /// Not those of one that was restored elsewhere, after which the old one comes no more.
  var isMixed: Bool {
    var gone: Set<String> = []
    var current: String?
    for entry in entries where entry.counts && entry.manifest.source != current {
      if gone.contains(entry.manifest.source) { return true }
      if let current { gone.insert(current) }
      current = entry.manifest.source
    }
    return false
  }

  /// The newest that counts, has all of its database unless it `takesPartial`, and is at least in
  /// that state.
  func newest(_ state: BackupEntry.State, takesPartial: Bool = false) -> BackupEntry? {
    entries.first { $0.counts && (takesPartial || $0.hasAll) && $0.state >= state }
  }

  /// The newest for figures: where none that counts has all of its database, those that lack
  /// something are what there is.
  func newestOfAny(_ state: BackupEntry.State) -> BackupEntry? {
    newest(state, takesPartial: newest(.uploaded) == nil)
  }

  /// The backup of that name.
  func entry(_ id: BackupID) -> BackupEntry? { entries.first { $0.id == id } }
}
