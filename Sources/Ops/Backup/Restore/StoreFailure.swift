import ObjectStorage

extension BackupError {
  /// The bytes of an object are not those that the manifest names.
  static func notWhatWasWritten(_ key: String) -> BackupError {
    .changed(key: key, reason: "its bytes are not those that were written")
  }

  /// What `body` does with a store, whose failure is one of the backup.
  static func storing<Result>(
    _ body: () throws(StorageError) -> Result
  ) throws(BackupError) -> Result {
    do throws(StorageError) {
      return try body()
    } catch {
      throw .store(error)
    }
  }
}
