import Core
import Crypto
import ObjectStorage

/// Asks a store for everything that a backup will ask of it, with objects of its own.
///
/// All are below one key that nobody else has, and are removed at the end.
struct StoreDoctor {
  private let storage: any ObjectStorage
  /// The bucket itself, where the store is one.
  private let bucket: S3Storage?
  /// What the keys in the bucket begin with, for questions to the bucket itself.
  private let prefix: String
  private let folder = "slipway-doctor-" + Hexadecimal.encode(RandomBytes.make(8))

  private static let bodyBytes = 4096
  /// The least that every provider takes as a part that is not the last.
  private static let partBytes = 5 * 1024 * 1024
  /// A difference of clocks that is worth mending; stores refuse 15 minutes.
  private static let clockDifferenceMax: Duration = .seconds(60)
  private static let leftoverAge: Duration = .seconds(86_400)

  init(_ storage: any ObjectStorage, bucket: S3Storage?, prefix: String) {
    self.storage = storage
    self.bucket = bucket
    self.prefix = prefix
  }

  /// Every check, in the order of what rests on what; after a failed write only the first.
  func examine() -> StoreReport {
    var checks = [check("clock", clock), check("write", write)].compactMap(\.self)
    if !checks.contains(where: { $0.verdict == .fail }) {
      checks += [
        check("read", read), check("ranges", ranges), check("list", list),
        check("no replacing", noReplacing), check("parts", parts),
        check("part numbers", partNumbers), check("unfinished uploads", leftovers),
        check("digests", digests), check("checksum headers", checksums),
        check("versioning", versioning), check("object lock", objectLock),
        check("delete", delete),
      ].compactMap(\.self)
    }
    return StoreReport(store: storage.name, checks: checks)
  }

  /// What a question finds; nil where it means nothing for this store.
  private typealias Question = () throws(StorageError) -> StoreCheck.Finding?

  private func check(_ subject: String, _ question: Question) -> StoreCheck? {
    do throws(StorageError) {
      return try question().map { finding in
        StoreCheck(
          subject: subject, verdict: finding.verdict, detail: finding.detail,
          advice: finding.advice)
      }
    } catch {
      // Who may not ask about the bucket can still keep backups in it.
      let isAside = error.operation == .inspect
      return StoreCheck(
        subject: subject, verdict: isAside ? .warn : .fail, detail: "\(error)",
        advice: error.advice)
    }
  }

  private func key(_ name: String) -> ObjectKey {
    ObjectKey("\(folder)/\(name)") ?? "slipway-doctor"
  }

  /// The same key as the bucket has it.
  private func bucketKey(_ name: String) -> ObjectKey {
    ObjectKey(prefix.isEmpty ? key(name).text : "\(prefix)/\(key(name))") ?? key(name)
  }

  private var body: [UInt8] { (0..<Self.bodyBytes).map { UInt8(truncatingIfNeeded: $0 / 7) } }
}

extension StoreCheck {
  /// A verdict without its subject.
  struct Finding {
    let verdict: Verdict
    let detail: String
    var advice: String?
  }
}

// Objects.
extension StoreDoctor {
  private func write() throws(StorageError) -> StoreCheck.Finding? {
    try storage.put(body, at: key("object"))
    return .init(verdict: .ok, detail: "\(Self.bodyBytes) bytes")
  }

  private func read() throws(StorageError) -> StoreCheck.Finding? {
    let read = try storage.read(key("object"), bytesMax: Self.bodyBytes)
    return read == body
      ? .init(verdict: .ok, detail: "the bytes that were written")
      : .init(verdict: .fail, detail: "other bytes than were written")
  }

  private func ranges() throws(StorageError) -> StoreCheck.Finding? {
    var read: [UInt8] = []
    _ = try storage.get(key("object"), 100..<200) { part in
      read += part
      return read.count <= Self.bodyBytes
    }
    return read == Array(body[100..<200])
      ? .init(verdict: .ok, detail: "100 bytes out of the middle")
      : .init(verdict: .fail, detail: "a range has other bytes than the object")
  }

  private func list() throws(StorageError) -> StoreCheck.Finding? {
    let keys = try storage.list(prefix: folder + "/", after: nil, limit: 10).objects.map(\.key)
    return keys.contains(key("object"))
      ? .init(verdict: .ok, detail: "shows what was written")
      : .init(verdict: .fail, detail: "does not show what was written")
  }

  private func noReplacing() throws(StorageError) -> StoreCheck.Finding? {
    if let bucket, try !bucket.refusesToReplace(bucketKey("object")) {
      return .init(
        verdict: .warn, detail: "the store replaces what it was told not to",
        advice: "backups have names that do not come twice; let one scheduler alone write here")
    }
    do throws(StorageError) {
      try storage.put(PartBody([0]), at: key("object"), .ifAbsent)
    } catch {
      guard error.kind == .exists else { throw error }
      return .init(verdict: .ok, detail: "an object that is there stays")
    }
    return .init(verdict: .fail, detail: "an object that is there was replaced")
  }

  private func delete() throws(StorageError) -> StoreCheck.Finding? {
    for name in ["object", "parts", "checksum", "changed"] { try storage.delete(key(name)) }
    return try storage.head(key("object")) == nil
      ? .init(verdict: .ok, detail: "what was written is gone")
      : .init(verdict: .fail, detail: "a deleted object is still there")
  }
}

// Parts.
extension StoreDoctor {
  private func parts() throws(StorageError) -> StoreCheck.Finding? {
    let upload = try storage.beginUpload(key("parts"))
    do throws(StorageError) {
      let bodies = [[UInt8](repeating: 7, count: Self.partBytes), body]
      var parts: [UploadedPart] = []
      for (index, body) in bodies.enumerated() {
        parts.append(try storage.putPart(index + 1, PartBody(body), of: upload))
      }
      guard try storage.head(key("parts")) == nil else {
        return .init(verdict: .fail, detail: "an object is there before its upload was completed")
      }
      try storage.complete(upload, parts)
    } catch {
      try? storage.abort(upload)
      throw error
    }
    let bytes = try storage.head(key("parts"))?.bytes
    return bytes == Int64(Self.partBytes + Self.bodyBytes)
      ? .init(verdict: .ok, detail: "two parts became one object")
      : .init(verdict: .fail, detail: "the object of two parts has another length")
  }

  private func partNumbers() throws(StorageError) -> StoreCheck.Finding? {
    let last = storage.partRules.partsMax
    let upload = try storage.beginUpload(key("numbers"))
    defer { try? storage.abort(upload) }
    do throws(StorageError) {
      _ = try storage.putPart(last, PartBody([1]), of: upload)
    } catch  where !error.kind.isTransient && error.kind != .denied {
      return .init(
        verdict: .fail, detail: "part \(last) is refused: \(error)",
        advice: "name the provider with profile= in the store's address")
    }
    return .init(verdict: .ok, detail: "up to \(last)")
  }

  private func leftovers() throws(StorageError) -> StoreCheck.Finding? {
    let old = try storage.unfinishedUploads(prefix: "").filter { upload in
      upload.begun.map { Timestamp.now().since($0) > Self.leftoverAge } ?? false
    }
    if old.isEmpty { return .init(verdict: .ok, detail: "none older than a day") }
    return .init(
      verdict: .warn, detail: "\(old.count) older than a day, which cost space",
      advice: "let a lifecycle rule of the bucket abort uploads after some days")
  }
}

// The bucket.
extension StoreDoctor {
  private func clock() throws(StorageError) -> StoreCheck.Finding? {
    guard let bucket else { return nil }
    guard let ahead = try bucket.clockDifference() else {
      return .init(verdict: .warn, detail: "the store tells no time")
    }
    let size = max(ahead, .zero - ahead)
    let words = "\(size.components.seconds) s \(ahead < .zero ? "behind" : "ahead of") this machine"
    return size <= Self.clockDifferenceMax
      ? .init(verdict: .ok, detail: "the store's is \(words)")
      : .init(
        verdict: .warn, detail: "the store's is \(words)",
        advice: "set this machine's clock: stores refuse a difference of 15 minutes")
  }

  private func digests() throws(StorageError) -> StoreCheck.Finding? {
    guard let bucket else { return nil }
    return try bucket.refusesChangedBody(bucketKey("changed"))
      ? .init(verdict: .ok, detail: "a body that was changed on its way is refused")
      : .init(
        verdict: .warn, detail: "a body that was changed on its way is taken",
        advice: "read backups back soon after they were taken, and compare their digests")
  }

  private func checksums() throws(StorageError) -> StoreCheck.Finding? {
    guard let bucket else { return nil }
    let takes = try bucket.takesChecksums(bucketKey("checksum"))
    if !takes, bucket.profile.sendsChecksums {
      return .init(
        verdict: .fail, detail: "x-amz-checksum-sha256 is refused, and the profile sends it",
        advice: "name the provider with profile= in the store's address")
    }
    let use = bucket.profile.sendsChecksums ? "and sent" : "and not needed"
    return .init(
      verdict: .ok, detail: takes ? "taken, \(use)" : "refused, and not sent")
  }

  private func versioning() throws(StorageError) -> StoreCheck.Finding? {
    guard let bucket else { return nil }
    let state = try bucket.versioning()
    if state == .off { return .init(verdict: .ok, detail: "off: what is deleted is gone") }
    return .init(
      verdict: .warn, detail: "\(state.rawValue): deleted objects stay as old versions, and cost",
      advice: "let a lifecycle rule expire old versions")
  }

  private func objectLock() throws(StorageError) -> StoreCheck.Finding? {
    guard let bucket else { return nil }
    guard let lock = try bucket.objectLock() else {
      return .init(verdict: .ok, detail: "off: whoever has the credentials can delete backups")
    }
    return .init(
      verdict: .warn, detail: "\(lock): nothing can be deleted before its time",
      advice: "keep backups for at least as long as the lock does")
  }
}
