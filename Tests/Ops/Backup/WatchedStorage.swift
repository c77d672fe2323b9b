import ObjectStorage

/// A store that tells of every read before it answers, and of every object put whole, and whose
/// listings can lack an object that is there.
final class WatchedStorage: ObjectStorage {
  private let inner: any ObjectStorage
  private let lacking: ObjectKey?
  private let onGet: @Sendable (ObjectKey) -> Void
  private let onPut: @Sendable (ObjectKey) -> Void

  init(onGet: @escaping @Sendable (ObjectKey) -> Void) {
    inner = MemoryStorage()
    lacking = nil
    self.onGet = onGet
    onPut = { _ in }
  }

  init(
    _ inner: any ObjectStorage, lacking: ObjectKey? = nil,
    onPut: @escaping @Sendable (ObjectKey) -> Void = { _ in }
  ) {
    self.inner = inner
    self.lacking = lacking
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
    let page = try inner.list(prefix: prefix, after: after, limit: limit)
    return ObjectPage(objects: page.objects.filter { $0.key != lacking }, next: page.next)
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
