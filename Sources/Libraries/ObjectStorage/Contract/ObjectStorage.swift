/// A place that keeps objects under keys: the contract of every store.
///
/// Objects are whole or not there: an object is seen from the moment on when a `put` or a
/// `complete` has ended well, never before and never in part. Whoever is told so reads what was
/// written. Every call may be made from any thread, waits for its end, and throws what the store
/// could not do; nothing is repeated unless `RetryingStorage` stands in front.
public protocol ObjectStorage: Sendable {
  /// What messages call the store, without secrets: `s3://bucket`, `file:///path`.
  var name: String { get }

  /// What this store asks of the parts of an upload.
  var partRules: PartRules { get }

  /// Writes an object of so many bytes as fit into memory.
  ///
  /// With `.ifAbsent` an object that is there already is left as it is, and the error is `exists`.
  /// Of two who write at the same moment one gets it, as far as the store itself sees to that:
  /// memory and directories do, of providers those whose profile says so, and some not always.
  func put(_ body: PartBody, at key: ObjectKey, _ condition: PutCondition) throws(StorageError)

  /// Gives the bytes of an object, or of `range` within it, to `sink` in their order.
  ///
  /// `sink` gives false to end it with `cancelled`. A range that begins beyond the object's end is
  /// `invalidRange`; one that ends beyond it is cut. What was given before an error was thrown is
  /// part of the object, but not all of it.
  func get(
    _ key: ObjectKey, _ range: Range<Int64>?, _ sink: ([UInt8]) -> Bool
  ) throws(StorageError) -> ObjectInfo

  /// What there is to know of an object; nil where there is none.
  func head(_ key: ObjectKey) throws(StorageError) -> ObjectInfo?

  /// The objects whose keys begin with `prefix`, in the order of the keys' bytes.
  ///
  /// A page has at most `limit` objects; `after` is the `next` of the page before. Objects whose
  /// keys `ObjectKey` does not allow are left out: this program did not write them.
  func list(
    prefix: String, after: String?, limit: Int
  ) throws(StorageError) -> ObjectPage

  /// Removes an object; one that is not there is no error.
  func delete(_ key: ObjectKey) throws(StorageError)

  /// Begins an object that comes in parts; what was begun is kept until completed or aborted.
  func beginUpload(_ key: ObjectKey) throws(StorageError) -> Upload

  /// Writes a part, numbered from 1; a part that comes twice counts once, as it came last.
  func putPart(
    _ number: Int, _ body: PartBody, of upload: Upload
  ) throws(StorageError) -> UploadedPart

  /// Makes the object of `parts`, in their order, in place of what had its key.
  func complete(_ upload: Upload, _ parts: [UploadedPart]) throws(StorageError)

  /// Drops an upload and its parts; one that is not there is no error.
  func abort(_ upload: Upload) throws(StorageError)

  /// The uploads that were begun and neither completed nor aborted, under keys with `prefix`.
  func unfinishedUploads(prefix: String) throws(StorageError) -> [UnfinishedUpload]
}

extension ObjectStorage {
  /// What a listing asks for at once unless it says otherwise.
  public static var pageObjectsDefault: Int { 1000 }

  /// Writes an object, whatever there was.
  public func put(_ bytes: [UInt8], at key: ObjectKey) throws(StorageError) {
    try put(PartBody(bytes), at: key, .always)
  }

  /// The whole of an object that is known to be small; `tooLarge` where it is not.
  public func read(_ key: ObjectKey, bytesMax: Int) throws(StorageError) -> [UInt8] {
    var bytes: [UInt8] = []
    do throws(StorageError) {
      _ = try get(key, nil) { part in
        bytes += part
        return bytes.count <= bytesMax
      }
    } catch  where error.kind == .cancelled && bytes.count > bytesMax {
      throw StorageError(.tooLarge, .get, in: name, key: key, "more than \(bytesMax) bytes")
    }
    return bytes
  }

  /// Every object whose key begins with `prefix`, page by page; false ends it.
  public func forEachObject(
    prefix: String, pageObjects: Int = pageObjectsDefault, _ body: (ObjectInfo) -> Bool
  ) throws(StorageError) {
    var after: String?
    repeat {
      let page = try list(prefix: prefix, after: after, limit: pageObjects)
      for object in page.objects where !body(object) { return }
      // A store that names the same page again would be asked for ever.
      if let next = page.next, next == after {
        throw StorageError(.badAnswer, .list, in: name, "the store gave the same page twice")
      }
      after = page.next
    } while after != nil
  }
}
