import ObjectStorage

/// A store in memory that tells of every read before it answers, and of every object put whole.
final class WatchedStorage: ObjectStorage {
  private let inner: MemoryStorage
  private let onGet: @Sendable (ObjectKey) -> Void
  private let onPut: @Sendable (ObjectKey) -> Void

  init(onGet: @escaping @Sendable (ObjectKey) -> Void) {
    inner = MemoryStorage()
    self.onGet = onGet
    onPut = { _ in }
  }

  init(_ inner: MemoryStorage, onPut: @escaping @Sendable (ObjectKey) -> Void) {
    self.inner = inner
    onGet = { _ in }
    self.onPut = onPut
  }

  var name: String { inner.name }
  var partRules: PartRules { inner.partRules }

  func put(
    _ body: PartBody, at key: ObjectKey, _ condition: PutCondition
  ) throws(StorageError) {
    onPut(key)
    try inner.put(body, at: key, condition)
  }

  func get(
    _ key: ObjectKey, _ range: Range<Int64>?, _ sink: ([UInt8]) -> Bool
  ) throws(StorageError) -> ObjectInfo {
    onGet(key)
    return try inner.get(key, range, sink)
  }

  func head(_ key: ObjectKey) throws(StorageError) -> ObjectInfo? { try inner.head(key) }

  func list(prefix: String, after: String?, limit: Int) throws(StorageError) -> ObjectPage {
    try inner.list(prefix: prefix, after: after, limit: limit)
  }

  func delete(_ key: ObjectKey) throws(StorageError) { try inner.delete(key) }

  func beginUpload(_ key: ObjectKey) throws(StorageError) -> Upload { try inner.beginUpload(key) }

  func putPart(
    _ number: Int, _ body: PartBody, of upload: Upload
  ) throws(StorageError) -> UploadedPart { try inner.putPart(number, body, of: upload) }

  func complete(_ upload: Upload, _ parts: [UploadedPart]) throws(StorageError) {
    try inner.complete(upload, parts)
  }

  func abort(_ upload: Upload) throws(StorageError) { try inner.abort(upload) }

  func unfinishedUploads(prefix: String) throws(StorageError) -> [UnfinishedUpload] {
    try inner.unfinishedUploads(prefix: prefix)
  }
}
