/// A part of a store as a store of its own: all keys begin with a prefix that nobody sees.
public final class PrefixedStorage: ObjectStorage {
  private let store: any ObjectStorage
  private let prefix: String

  /// The part of `store` under `prefix`, which is without slashes at its ends.
  public init(_ store: any ObjectStorage, prefix: String) {
    self.store = store
    self.prefix = prefix + "/"
  }

  /// The store's with the prefix.
  public var name: String { store.name + "/" + prefix.dropLast() }
  /// The store's.
  public var partRules: PartRules { store.partRules }

  /// Writes under the prefix.
  public func put(
    _ body: PartBody, at key: ObjectKey, _ condition: PutCondition
  ) throws(StorageError) {
    try inside(key, .put) { inner throws(StorageError) in
      try store.put(body, at: inner, condition)
    }
  }

  /// Reads from under the prefix.
  public func get(
    _ key: ObjectKey, _ range: Range<Int64>?, _ sink: ([UInt8]) -> Bool
  ) throws(StorageError) -> ObjectInfo {
    try inside(key, .get) { inner throws(StorageError) in
      try store.get(inner, range, sink).named(key)
    }
  }

  /// Looks under the prefix.
  public func head(_ key: ObjectKey) throws(StorageError) -> ObjectInfo? {
    try inside(key, .head) { inner throws(StorageError) in
      try store.head(inner)?.named(key)
    }
  }

  /// Lists what is under the prefix.
  public func list(
    prefix: String, after: String?, limit: Int
  ) throws(StorageError) -> ObjectPage {
    let page = try store.list(prefix: self.prefix + prefix, after: after, limit: limit)
    let objects = page.objects.compactMap { info in outer(info.key).map { info.named($0) } }
    return ObjectPage(objects: objects, next: page.next)
  }

  /// Deletes under the prefix.
  public func delete(_ key: ObjectKey) throws(StorageError) {
    try inside(key, .delete) { inner throws(StorageError) in try store.delete(inner) }
  }

  /// Begins under the prefix.
  public func beginUpload(_ key: ObjectKey) throws(StorageError) -> Upload {
    try inside(key, .beginUpload) { inner throws(StorageError) in
      Upload(key: key, id: try store.beginUpload(inner).id)
    }
  }

  /// Writes a part of an object under the prefix.
  public func putPart(
    _ number: Int, _ body: PartBody, of upload: Upload
  ) throws(StorageError) -> UploadedPart {
    try inside(upload.key, .putPart) { inner throws(StorageError) in
      try store.putPart(number, body, of: Upload(key: inner, id: upload.id))
    }
  }

  /// Completes an object under the prefix.
  public func complete(_ upload: Upload, _ parts: [UploadedPart]) throws(StorageError) {
    try inside(upload.key, .complete) { inner throws(StorageError) in
      try store.complete(Upload(key: inner, id: upload.id), parts)
    }
  }

  /// Aborts an upload under the prefix.
  public func abort(_ upload: Upload) throws(StorageError) {
    try inside(upload.key, .abort) { inner throws(StorageError) in
      try store.abort(Upload(key: inner, id: upload.id))
    }
  }

  /// Lists the uploads under the prefix.
  public func unfinishedUploads(prefix: String) throws(StorageError) -> [UnfinishedUpload] {
    try store.unfinishedUploads(prefix: self.prefix + prefix).compactMap { found in
      outer(found.upload.key).map { key in
        UnfinishedUpload(Upload(key: key, id: found.upload.id), begun: found.begun)
      }
    }
  }

  /// Runs `body` with the key as the store has it; errors are about the key as the caller has it.
  private func inside<Result>(
    _ key: ObjectKey, _ operation: StorageError.Operation,
    _ body: (ObjectKey) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    guard let inner = key.under(prefix) else {
      throw StorageError(.invalidRequest, operation, in: name, key: key, "the key is too long")
    }
    do throws(StorageError) {
      return try body(inner)
    } catch {
      throw error.renamed(key, in: name)
    }
  }

  private func outer(_ key: ObjectKey) -> ObjectKey? {
    guard key.text.beginsWithBytes(of: prefix) else { return nil }
    return ObjectKey(String(decoding: key.text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
  }
}
