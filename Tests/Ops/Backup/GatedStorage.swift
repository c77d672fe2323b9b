import Core
import ObjectStorage
import POSIX

/// A store that keeps whoever writes a part waiting until a test lets it go on, and that can lose
/// the answer to a manifest.
final class GatedStorage: ObjectStorage {
  private let inner = MemoryStorage(
    partRules: PartRules(partBytesMin: 1, partBytesMax: 65_536, partsMax: 10_000))
  private struct State {
    var isOpen: Bool
    var losesAnswers: Bool
    var partsBegun = 0
  }
  private let state: Guarded<State>

  init(isOpen: Bool, losesAnswers: Bool = false) {
    state = Guarded(State(isOpen: isOpen, losesAnswers: losesAnswers))
  }

  /// Whether somebody waits, or waited.
  var wasReached: Bool { state.withLock { $0.partsBegun > 0 } }

  func open() { state.withLock { $0.isOpen = true } }

  var name: String { inner.name }
  var partRules: PartRules { inner.partRules }

  func put(
    _ body: PartBody, at key: ObjectKey, _ condition: PutCondition
  ) throws(StorageError) {
    try inner.put(body, at: key, condition)
    if condition == .ifAbsent, state.withLock({ $0.losesAnswers }) {
      throw StorageError(.transport, .put, in: name, key: key, "the answer was lost")
    }
  }

  func get(
    _ key: ObjectKey, _ range: Range<Int64>?, _ sink: ([UInt8]) -> Bool
  ) throws(StorageError) -> ObjectInfo {
    try inner.get(key, range, sink)
  }

  func head(_ key: ObjectKey) throws(StorageError) -> ObjectInfo? { try inner.head(key) }

  func list(prefix: String, after: String?, limit: Int) throws(StorageError) -> ObjectPage {
    try inner.list(prefix: prefix, after: after, limit: limit)
  }

  func delete(_ key: ObjectKey) throws(StorageError) { try inner.delete(key) }

  func beginUpload(_ key: ObjectKey) throws(StorageError) -> Upload {
    try inner.beginUpload(key)
  }

  func putPart(
    _ number: Int, _ body: PartBody, of upload: Upload
  ) throws(StorageError) -> UploadedPart {
    state.withLock { $0.partsBegun += 1 }
    let deadline = Deadline.after(.seconds(120))
    while !state.withLock({ $0.isOpen }), !deadline.hasPassed {
      WorkThread.sleep(.milliseconds(10))
    }
    return try inner.putPart(number, body, of: upload)
  }

  func complete(_ upload: Upload, _ parts: [UploadedPart]) throws(StorageError) {
    try inner.complete(upload, parts)
  }

  func abort(_ upload: Upload) throws(StorageError) { try inner.abort(upload) }

  func unfinishedUploads(prefix: String) throws(StorageError) -> [UnfinishedUpload] {
    try inner.unfinishedUploads(prefix: prefix)
  }
}
