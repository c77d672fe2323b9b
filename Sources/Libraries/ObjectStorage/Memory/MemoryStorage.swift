import Core
import Crypto

/// A store in memory, for tests and for trying things out; gone with the process.
public final class MemoryStorage: ObjectStorage {
  private struct Object {
    let bytes: [UInt8]
    let tag: String
    let modified: Timestamp
  }

  private struct Pending {
    let begun: Timestamp
    var parts: [Int: PartBody] = [:]
  }

  private struct State {
    var objects: [ObjectKey: Object] = [:]
    var uploads: [Upload: Pending] = [:]
    var uploadsBegun = 0
  }

  private let state = Guarded(State())

  /// `memory:`.
  public let name = "memory:"
  /// No part is too small.
  public let partRules: PartRules

  /// Most bytes that `get` hands out at once.
  private static let chunkBytes = 256 * 1024

  /// An empty store.
  public init(
    partRules: PartRules = PartRules(partBytesMin: 1, partBytesMax: 1 << 32, partsMax: 10_000)
  ) {
    self.partRules = partRules
  }

  /// Keeps the bytes.
  public func put(
    _ body: PartBody, at key: ObjectKey, _ condition: PutCondition
  ) throws(StorageError) {
    let isNew = state.withLock { state in
      if condition == .ifAbsent, state.objects[key] != nil { return false }
      state.objects[key] = Self.object(body.bytes)
      return true
    }
    if !isNew { throw StorageError(.exists, .put, in: name, key: key) }
  }

  /// Gives the bytes that there were at the time of the call.
  public func get(
    _ key: ObjectKey, _ range: Range<Int64>?, _ sink: ([UInt8]) -> Bool
  ) throws(StorageError) -> ObjectInfo {
    guard let object = state.withLock({ $0.objects[key] }) else {
      throw StorageError(.notFound, .get, in: name, key: key)
    }
    let count = Int64(object.bytes.count)
    if let range, range.lowerBound >= count {
      throw StorageError(.invalidRange, .get, in: name, key: key)
    }
    let wanted = (range ?? 0..<count).clamped(to: 0..<count)
    var from = Int(wanted.lowerBound)
    while from < wanted.upperBound {
      let to = min(from + Self.chunkBytes, Int(wanted.upperBound))
      guard sink(Array(object.bytes[from..<to])) else {
        throw StorageError(.cancelled, .get, in: name, key: key)
      }
      from = to
    }
    return Self.info(key, object)
  }

  /// Looks at the object.
  public func head(_ key: ObjectKey) throws(StorageError) -> ObjectInfo? {
    state.withLock { $0.objects[key] }.map { Self.info(key, $0) }
  }

  /// Sorts all keys.
  public func list(
    prefix: String, after: String?, limit: Int
  ) throws(StorageError) -> ObjectPage {
    let all = state.withLock { $0.objects }
    let found = all.keys.filter { $0.text.beginsWithBytes(of: prefix) }.sorted()
    return ObjectPage(found, after: after, limit: limit) { key in
      all[key].map { Self.info(key, $0) }
    }
  }

  /// Forgets the object.
  public func delete(_ key: ObjectKey) throws(StorageError) {
    state.withLock { _ = $0.objects.removeValue(forKey: key) }
  }

  private static func object(_ bytes: [UInt8]) -> Object {
    Object(
      bytes: bytes, tag: Hexadecimal.encode(SHA256.hash(bytes)), modified: Timestamp.now())
  }

  private static func info(_ key: ObjectKey, _ object: Object) -> ObjectInfo {
    ObjectInfo(
      key: key, bytes: Int64(object.bytes.count), tag: object.tag, modified: object.modified)
  }
}

extension MemoryStorage {
  /// Begins to collect.
  public func beginUpload(_ key: ObjectKey) throws(StorageError) -> Upload {
    state.withLock { state in
      state.uploadsBegun += 1
      let upload = Upload(key: key, id: "upload-\(state.uploadsBegun)")
      state.uploads[upload] = Pending(begun: Timestamp.now())
      return upload
    }
  }

  /// Keeps the part.
  public func putPart(
    _ number: Int, _ body: PartBody, of upload: Upload
  ) throws(StorageError) -> UploadedPart {
    guard (1...partRules.partsMax).contains(number) else {
      throw StorageError(
        .invalidParts, .putPart, in: name, key: upload.key,
        "part \(number) of \(partRules.partsMax)")
    }
    let isKnown = state.withLock { state in
      state.uploads[upload]?.parts[number] = body
      return state.uploads[upload] != nil
    }
    guard isKnown else { throw StorageError(.noUpload, .putPart, in: name, key: upload.key) }
    return UploadedPart(
      number: number, bytes: Int64(body.bytes.count), tag: Hexadecimal.encode(body.sha256))
  }

  /// Puts the parts together.
  public func complete(_ upload: Upload, _ parts: [UploadedPart]) throws(StorageError) {
    guard let pending = state.withLock({ $0.uploads[upload] }) else {
      throw StorageError(.noUpload, .complete, in: name, key: upload.key)
    }
    var bytes: [UInt8] = []
    for (index, part) in parts.enumerated() {
      guard let body = pending.parts[part.number], Hexadecimal.encode(body.sha256) == part.tag,
        index == 0 || parts[index - 1].number < part.number,
        index == parts.count - 1 || body.bytes.count >= partRules.partBytesMin
      else {
        throw StorageError(
          .invalidParts, .complete, in: name, key: upload.key, "part \(part.number)")
      }
      bytes += body.bytes
    }
    guard !parts.isEmpty else {
      throw StorageError(.invalidParts, .complete, in: name, key: upload.key, "no part at all")
    }
    let object = Self.object(bytes)
    state.withLock { state in
      state.objects[upload.key] = object
      state.uploads[upload] = nil
    }
  }

  /// Forgets the parts.
  public func abort(_ upload: Upload) throws(StorageError) {
    state.withLock { _ = $0.uploads.removeValue(forKey: upload) }
  }

  /// Those that still collect.
  public func unfinishedUploads(prefix: String) throws(StorageError) -> [UnfinishedUpload] {
    let uploads = state.withLock { $0.uploads }
    return uploads.filter { $0.key.key.text.beginsWithBytes(of: prefix) }
      .map { UnfinishedUpload($0.key, begun: $0.value.begun) }
      .sorted { ($0.upload.key, $0.upload.id) < ($1.upload.key, $1.upload.id) }
  }
}

extension ObjectPage {
  /// The page of `limit` of `keys`, which are sorted, that comes after the key `after`.
  init(
    _ keys: [ObjectKey], after: String?, limit: Int, _ info: (ObjectKey) -> ObjectInfo?
  ) {
    let rest = keys.drop { key in
      after.map { !$0.utf8.lexicographicallyPrecedes(key.text.utf8) } ?? false
    }
    let page = rest.prefix(max(1, limit))
    self.init(
      objects: page.compactMap(info), next: rest.count > page.count ? page.last?.text : nil)
  }
}
