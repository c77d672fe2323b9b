import Core
import Crypto
import ObjectStorage
import POSIX

/// The bytes of a file as the store has them, each part checked before any of it is given on.
///
/// One part is fetched while the one before it is used; memory is two parts.
final class StoredStream: ByteStream, Sendable {
  private struct State {
    var index = 0
    var offset: Int64 = 0
    /// Whether a part is on its way, or here and not taken yet.
    var isAway = false
    var fetched: Result<[UInt8], any Error>?
    var isCancelled = false
  }

  private let storage: any ObjectStorage
  private let file: BackupFile
  private let key: ObjectKey
  private let progress: @Sendable (Int64) -> Void
  private let state = Guarded(State())
  private let arrived = WakeUp()

  /// The stream of `file`; `progress` is told how many more bytes came.
  init(
    _ storage: any ObjectStorage, _ file: BackupFile,
    progress: @escaping @Sendable (Int64) -> Void = { _ in }
  ) throws {
    guard let key = ObjectKey(file.key) else { throw BackupError.notWhatWasWritten(file.key) }
    let parts = file.parts.reduce(Int64(0)) { $0 + $1.bytes }
    guard parts == file.stored.bytes else { throw BackupError.notWhatWasWritten(file.key) }
    self.storage = storage
    self.file = file
    self.key = key
    self.progress = progress
    try fetchNext()
  }

  func next() throws -> [UInt8] {
    guard state.withLock({ $0.isAway }) else { return [] }
    while true {
      let fetched = state.withLock { $0.fetched.take() }
      if let fetched {
        let bytes = try fetched.get()
        state.withLock { $0.isAway = false }
        try fetchNext()
        progress(Int64(bytes.count))
        return bytes
      }
      _ = arrived.wait(until: .distant)
    }
  }

  func finish() throws {
    if state.withLock({ $0.isAway }) { throw BackupError.notWhatWasWritten(file.key) }
  }

  func discard() { state.withLock { $0.isCancelled = true } }

  /// Fetches a part on a thread of its own.
  private func fetchNext() throws {
    let place = state.withLock { state -> (index: Int, range: Range<Int64>)? in
      guard state.index < file.parts.count else { return nil }
      let part = file.parts[state.index]
      defer {
        state.index += 1
        state.offset += part.bytes
        state.isAway = true
      }
      return (state.index, state.offset..<state.offset + part.bytes)
    }
    guard let place else { return }
    try WorkThread.detach("fetch") { [self] in
      let result = Result { try fetch(place.index, place.range) }
      state.withLock { $0.fetched = result }
      arrived.set()
    }
  }

  /// How often a part is read before its bytes count against the backup: they may have been changed
  /// on their way.
  private static let readingsMax = 2

  private func fetch(_ index: Int, _ range: Range<Int64>) throws -> [UInt8] {
    let part = file.parts[index]
    if part.bytes == 0 { return [] }
    for _ in 1...Self.readingsMax {
      if let bytes = try read(part, range) { return bytes }
    }
    throw BackupError.notWhatWasWritten(file.key)
  }

  /// The part's bytes; nil where what came is something else.
  private func read(_ part: BackupFile.Extent, _ range: Range<Int64>) throws -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(part.bytes))
    let info: ObjectInfo
    do throws(StorageError) {
      info = try storage.get(key, range) { piece in
        bytes += piece
        return Int64(bytes.count) <= part.bytes && !state.withLock { $0.isCancelled }
      }
    } catch {
      // One that is shorter than it was has no such range.
      guard error.kind == .invalidRange || error.kind == .notFound else {
        throw BackupError.store(error)
      }
      throw BackupError.notWhatWasWritten(file.key)
    }
    let isRight =
      info.bytes == file.stored.bytes && Hexadecimal.encode(SHA256.hash(bytes)) == part.sha256
    return isRight ? bytes : nil
  }
}
