import ObjectStorage
import POSIX

extension BackupPlace {
  /// All that is there, where what somebody else put there counts for nothing: unless it
  /// `takesUnsigned`, a backup that none of the signers has signed is as good as never looked at.
  ///
  /// Throws `BackupError`.
  func list(takesUnsigned: Bool = false) throws -> BackupListing {
    let listing = try BackupError.storing { () throws(StorageError) in try catalog.list() }
    if takesUnsigned || signers.takesUnsigned { return listing }
    let entries = WorkThread.map(listing.entries, "signatures") { entry in
      Result {
        var entry = entry
        entry.isOfOthers = try !isSigned(entry)
        return entry
      }
    }
    return BackupListing(
      entries: try entries.map { try $0.get() }, unlisted: listing.unlisted,
      unreadable: listing.unreadable, foreign: listing.foreign)
  }

  private func isSigned(_ entry: BackupEntry) throws -> Bool {
    do {
      try signers.check(entry, in: catalog)
      return true
    } catch is SignatureProblem {
      return false
    } catch BackupError.store(let error) where error.kind == .notFound {
      // Pruned since it was listed.
      return false
    }
  }
}
