import Core
import ObjectStorage

/// Takes away what killed runs left behind: uploads that nobody completed, objects that no manifest
/// names.
///
/// Only what is ours by its key, and of a run that is known to be over: one that has a manifest,
/// that noted its failure, or that held the lock which this run holds now. Of others nothing is
/// known, and they are left until they are old.
struct BackupSweep: Sendable {
  struct Result: Sendable, Equatable {
    var uploads = 0
    var objects = 0

    var isNothing: Bool { self == Result() }
  }

  /// How old an upload is that is dropped whoever began it: no dump takes so long.
  static let uploadAgeMax: Duration = .seconds(7 * 86_400)
  /// How old a run is whose whole objects are removed: the clocks of machines differ, and an
  /// object that is gone does not come back.
  static let objectAgeMin: Duration = .seconds(86_400)

  let catalog: BackupCatalog
  /// The lock that is held, as `BackupSnapshot.lock`.
  let lock: String
  /// The run that sweeps.
  let current: BackupID
  let now: Timestamp

  /// Sweeps, and says how much.
  func run() throws(StorageError) -> Result {
    var folders: [BackupID: Set<String>] = [:]
    try catalog.storage.forEachObject(prefix: catalog.keys.prefix) { object in
      if let (id, name) = catalog.keys.parse(object.key) { folders[id, default: []].insert(name) }
      return true
    }
    var result = Result()
    for found in try catalog.storage.unfinishedUploads(prefix: catalog.keys.prefix) {
      guard let (id, _) = catalog.keys.parse(found.upload.key), id != current else { continue }
      let isOld = found.begun.map { now.since($0) > Self.uploadAgeMax } ?? false
      if !isOld, try !isOver(id, folders[id] ?? []) { continue }
      try catalog.storage.abort(found.upload)
      result.uploads += 1
    }
    for (id, names) in folders where id != current && !names.contains("manifest.json") {
      if now.since(id.moment) <= Self.objectAgeMin { continue }
      if try !isOver(id, names) { continue }
      // A listing that lacks a manifest is no proof that there is none: the store is asked for it.
      if try catalog.storage.head(catalog.keys.manifest(id)) != nil { continue }
      // The record of the run goes last: without it nothing would be known of the others.
      for name in names.subtracting(["run.json"]).sorted() + ["run.json"] {
        guard let key = ObjectKey("\(catalog.keys.prefix)\(id.text)/\(name)") else { continue }
        try catalog.storage.delete(key)
        result.objects += 1
      }
    }
    return result
  }

  /// Whether the run that began `id` is known to have ended.
  private func isOver(_ id: BackupID, _ names: Set<String>) throws(StorageError) -> Bool {
    if names.contains("manifest.json") { return true }
    guard names.contains("run.json") else { return false }
    let bytes: [UInt8]
    do throws(StorageError) {
      bytes = try catalog.storage.read(
        catalog.keys.run(id), bytesMax: BackupRunRecord.bytesMax)
    } catch {
      if error.kind == .notFound { return false }
      throw error
    }
    guard let record = try? BackupRunRecord(bytes) else { return false }
    guard record.id == id else { return false }
    return record.failure != nil || record.lock == lock && !Self.isUnknown(lock)
  }

  /// Whether a server would not tell which cluster it is of: others have the same name then, and
  /// locks of their own.
  private static func isUnknown(_ lock: String) -> Bool { lock.hasPrefix("?") }
}
