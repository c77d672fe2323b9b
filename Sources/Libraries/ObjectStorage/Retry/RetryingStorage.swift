import Core
import POSIX

/// Tries again what may do better a little later, in front of any store.
///
/// The store signs each attempt anew. An answer that was lost is looked for before a change is
/// made twice, so that one that took place is not told as a failure.
public final class RetryingStorage: ObjectStorage {
  private let store: any ObjectStorage
  private let policy: RetryPolicy
  private let pause: @Sendable (Duration) -> Void

  /// Tries `store` again by `policy`; a test may replace what a pause is.
  public init(
    _ store: any ObjectStorage, policy: RetryPolicy = RetryPolicy(),
    pause: @escaping @Sendable (Duration) -> Void = { WorkThread.sleep($0) }
  ) {
    self.store = store
    self.policy = policy
    self.pause = pause
  }

  /// The store's.
  public var name: String { store.name }
  /// The store's.
  public var partRules: PartRules { store.partRules }

  /// Where an answer was lost and the object is there, it is ours if it has our bytes.
  public func put(
    _ body: PartBody, at key: ObjectKey, _ condition: PutCondition
  ) throws(StorageError) {
    var isDoubtful = false
    try attempts { () throws(StorageError) in
      do throws(StorageError) {
        try store.put(body, at: key, condition)
      } catch {
        if error.kind == .exists, isDoubtful, try holds(key, body.bytes) { return }
        isDoubtful = isDoubtful || error.leavesDoubt
        throw error
      }
    }
  }

  /// Goes on where the bytes ended, as long as it is the same object.
  public func get(
    _ key: ObjectKey, _ range: Range<Int64>?, _ sink: ([UInt8]) -> Bool
  ) throws(StorageError) -> ObjectInfo {
    var given: Int64 = 0
    var tag: String?
    return try attempts(progress: { given }) { () throws(StorageError) in
      let begin = (range?.lowerBound ?? 0) + given
      let rest = given == 0 ? range : begin..<max(begin, range?.upperBound ?? Int64.max)
      do throws(StorageError) {
        if let rest, rest.isEmpty { return try whole(key, tag) }
        // Before a byte of it is given: what was put in its place meanwhile is not the rest.
        if given > 0 { _ = try whole(key, tag) }
        let info = try store.get(key, rest) { part in
          given += Int64(part.count)
          return sink(part)
        }
        try check(info, is: tag)
        return info
      } catch {
        if error.kind == .invalidRange, given > 0 { return try whole(key, tag) }
        tag = tag ?? error.answer.tag
        // Without its tag nobody can tell whether the rest is of the same object.
        if given > 0, tag == nil, error.kind.isTransient {
          throw StorageError(.corrupt, .get, in: name, key: key, "cut: \(error)")
        }
        throw error
      }
    }
  }

  /// The object that was read, which is still the same one.
  private func whole(_ key: ObjectKey, _ tag: String?) throws(StorageError) -> ObjectInfo {
    guard let info = try store.head(key) else {
      throw StorageError(.notFound, .get, in: name, key: key)
    }
    try check(info, is: tag)
    return info
  }

  private func check(_ info: ObjectInfo, is tag: String?) throws(StorageError) {
    if let tag, tag != info.tag {
      throw StorageError(
        .corrupt, .get, in: name, key: info.key, "it was replaced while it was read")
    }
  }

  /// Looks again.
  public func head(_ key: ObjectKey) throws(StorageError) -> ObjectInfo? {
    try attempts { () throws(StorageError) in try store.head(key) }
  }

  /// Asks for the page again.
  public func list(
    prefix: String, after: String?, limit: Int
  ) throws(StorageError) -> ObjectPage {
    try attempts { () throws(StorageError) in
      try store.list(prefix: prefix, after: after, limit: limit)
    }
  }

  /// Deletes again.
  public func delete(_ key: ObjectKey) throws(StorageError) {
    try attempts { () throws(StorageError) in try store.delete(key) }
  }

  /// Begins again; an upload whose name was lost is found by `unfinishedUploads`.
  public func beginUpload(_ key: ObjectKey) throws(StorageError) -> Upload {
    try attempts { () throws(StorageError) in try store.beginUpload(key) }
  }

  /// Sends the part again.
  public func putPart(
    _ number: Int, _ body: PartBody, of upload: Upload
  ) throws(StorageError) -> UploadedPart {
    try attempts { () throws(StorageError) in try store.putPart(number, body, of: upload) }
  }

  /// Looks whether a completion whose answer was lost took place, before it is tried again.
  ///
  /// It did where an object of the right length is there that was not there before.
  public func complete(_ upload: Upload, _ parts: [UploadedPart]) throws(StorageError) {
    let before = try head(upload.key)
    let bytes = parts.reduce(0) { $0 + $1.bytes }
    var isDoubtful = false
    try attempts { () throws(StorageError) in
      do throws(StorageError) {
        try store.complete(upload, parts)
      } catch {
        isDoubtful = isDoubtful || error.leavesDoubt
        guard isDoubtful else { throw error }
        // One that can not be looked for is looked for again, as is one that is still put together.
        let now = try store.head(upload.key)
        if let now, now.bytes == bytes, now.tag != before?.tag { return }
        guard error.kind == .noUpload else { throw error }
        throw StorageError(
          .unavailable, .complete, in: name, key: upload.key,
          "its answer was lost, and neither the upload nor the object is there",
          answer: error.answer)
      }
    }
  }

  /// Aborts again.
  public func abort(_ upload: Upload) throws(StorageError) {
    try attempts { () throws(StorageError) in try store.abort(upload) }
  }

  /// Asks again.
  public func unfinishedUploads(prefix: String) throws(StorageError) -> [UnfinishedUpload] {
    try attempts { () throws(StorageError) in try store.unfinishedUploads(prefix: prefix) }
  }

  /// Runs `body` until it does well, or the policy has enough.
  ///
  /// What got on is at its beginning again.
  private func attempts<Result>(
    progress: () -> Int64 = { 0 }, _ body: () throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    var machine = RetryMachine(policy)
    var reached = progress()
    var failing: ContinuousClock.Instant?
    while true {
      do throws(StorageError) {
        return try body()
      } catch {
        if progress() > reached {
          reached = progress()
          machine = RetryMachine(policy)
          failing = nil
        }
        let since = failing ?? .now
        failing = since
        let chance = Double.random(in: 0..<1)
        let tried = machine.attempts
        switch machine.handle(error, elapsed: since.duration(to: .now), chance: chance) {
        case .again(let after): pause(after)
        case .giveUp:
          var error = error
          error.attempts = tried
          throw error
        }
      }
    }
  }

  /// Whether the object has just these bytes.
  private func holds(_ key: ObjectKey, _ bytes: [UInt8]) throws(StorageError) -> Bool {
    do throws(StorageError) {
      return try read(key, bytesMax: bytes.count) == bytes
    } catch {
      if [.notFound, .tooLarge].contains(error.kind) { return false }
      throw error
    }
  }
}

extension StorageError {
  /// Whether the change may have taken place all the same.
  ///
  /// A store that answers by a code that it has for "later" did not carry it out.
  fileprivate var leavesDoubt: Bool {
    kind == .transport || kind == .unavailable && answer.code == nil
      || answer.code == "InternalError"
  }
}
