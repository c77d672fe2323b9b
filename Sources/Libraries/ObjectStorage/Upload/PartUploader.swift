import Core
import Crypto
import POSIX

/// Writes a stream of unknown length as one object, in memory of a known size.
///
/// Parts have one length, fixed before the first byte. While some are on their way the next is
/// filled, and no more, and what feeds the stream waits: memory is `bytesInMemoryMax`, or two parts
/// where those are more. The first failure ends it, and the upload is aborted once. What fits into
/// one part is written without an upload.
public struct PartUploader: Sendable {
  /// What became of a stream.
  public struct Outcome: Sendable, Equatable {
    /// A part of it.
    public struct Part: Sendable, Equatable {
      /// Its length.
      public let bytes: Int64
      /// Its SHA-256.
      public let sha256: [UInt8]
    }

    /// How long it was.
    public let bytes: Int64
    /// Its SHA-256.
    public let sha256: [UInt8]
    /// Its parts, in their order.
    public let parts: [Part]
  }

  /// Why a stream did not become an object.
  public enum Failure: Error, Sendable {
    /// The store did not take it.
    case storage(StorageError)
    /// What feeds it failed.
    case source(any Error)
    /// It is longer than the store's parts allow: the length that was expected was too small.
    case tooLong(bytesMax: Int64)
  }

  /// Parts that are on their way at once unless it is said otherwise.
  public static let partsInFlightDefault = 4
  /// Most bytes of parts in memory unless it is said otherwise: half of what the pod of a backup
  /// may use by default, as `pg_dump` and the rest have to live too.
  public static let bytesInMemoryDefault: Int64 = 256 * 1024 * 1024

  private let storage: any ObjectStorage
  private let partBytes: Int
  private let partsInFlight: Int
  private let progress: @Sendable (Int64) -> Void

  /// An uploader into `storage`; `progress` is told how many more bytes are in the store.
  public init(
    _ storage: any ObjectStorage, partBytes: Int64, partsInFlightMax: Int = partsInFlightDefault,
    bytesInMemoryMax: Int64 = bytesInMemoryDefault,
    progress: @escaping @Sendable (Int64) -> Void = { _ in }
  ) {
    precondition(partBytes > 0 && partsInFlightMax > 0, "a part has bytes, and one is on its way")
    self.storage = storage
    self.partBytes = Int(partBytes)
    partsInFlight = Self.partsInFlight(
      partBytes: partBytes, atMost: partsInFlightMax, bytesMax: bytesInMemoryMax)
    self.progress = progress
  }

  /// How many parts may be on their way: they and the one that is filled fit into `bytesMax`.
  static func partsInFlight(partBytes: Int64, atMost: Int, bytesMax: Int64) -> Int {
    max(1, min(atMost, Int(bytesMax / partBytes) - 1))
  }

  /// Writes what `source` gives, piece by piece until an empty one, as the object `key`.
  ///
  /// `source` is called on this thread and may throw, which ends it. `confirm` is called when all
  /// parts are in the store and before the object is: where it throws, there is none.
  public func upload(
    _ key: ObjectKey, from source: () throws -> [UInt8], confirm: () throws -> Void = {}
  ) throws(Failure) -> Outcome {
    var stream = PartStream(partBytes: partBytes)
    let first = try stream.next(source)
    if first.bytes.count < partBytes {
      try Self.fed { try confirm() }
      try Self.stored { () throws(StorageError) in try storage.put(first, at: key, .always) }
      progress(Int64(first.bytes.count))
      return stream.outcome
    }
    let upload = try Self.stored { () throws(StorageError) in try storage.beginUpload(key) }
    do throws(Failure) {
      let parts = try send(first, &stream, source, upload)
      try Self.fed { try confirm() }
      try Self.stored { () throws(StorageError) in try storage.complete(upload, parts) }
      return stream.outcome
    } catch {
      // What it could not drop the next sweep does.
      try? storage.abort(upload)
      throw error
    }
  }

  /// Sends every part, several at once.
  private func send(
    _ first: PartBody, _ stream: inout PartStream, _ source: () throws -> [UInt8],
    _ upload: Upload
  ) throws(Failure) -> [UploadedPart] {
    let crew = PartCrew(storage, upload, partsInFlight, progress)
    let result: Result<Void, Failure>
    do throws(Failure) {
      try crew.start()
      var body = first
      var number = 0
      while !body.bytes.isEmpty {
        number += 1
        guard number <= storage.partRules.partsMax else {
          throw .tooLong(
            bytesMax: storage.partRules.objectBytesMax(partBytes: Int64(partBytes)))
        }
        // A part on its way frees its memory before the next is filled.
        guard crew.send(number, body) else { break }
        body = body.bytes.count < partBytes ? S3Request.emptyBody : try stream.next(source)
      }
      result = .success(())
    } catch {
      crew.fail(error)
      result = .failure(error)
    }
    let parts = crew.finish()
    if let failure = crew.failure { throw failure }
    try result.get()
    return parts
  }

  private static func fed(_ body: () throws -> Void) throws(Failure) {
    do {
      try body()
    } catch {
      throw .source(error)
    }
  }

  private static func stored<Result>(
    _ body: () throws(StorageError) -> Result
  ) throws(Failure) -> Result {
    do throws(StorageError) {
      return try body()
    } catch {
      throw .storage(error)
    }
  }
}

/// A stream cut into parts of one length, with the digest of the whole.
private struct PartStream: ~Copyable {
  let partBytes: Int
  private var rest: [UInt8] = []
  private var isOver = false
  private var digest = SHA256()
  private var parts: [PartUploader.Outcome.Part] = []

  init(partBytes: Int) { self.partBytes = partBytes }

  /// The next part; shorter than the others at the end, and empty beyond it.
  mutating func next(
    _ source: () throws -> [UInt8]
  ) throws(PartUploader.Failure) -> PartBody {
    var bytes = rest
    rest = []
    bytes.reserveCapacity(partBytes)
    while bytes.count < partBytes, !isOver {
      let piece: [UInt8]
      do {
        piece = try source()
      } catch {
        throw .source(error)
      }
      isOver = piece.isEmpty
      let room = partBytes - bytes.count
      bytes += piece.prefix(room)
      rest = Array(piece.dropFirst(room))
    }
    // A piece may be longer than a part.
    if bytes.count > partBytes {
      rest = Array(bytes[partBytes...]) + rest
      bytes.removeLast(bytes.count - partBytes)
    }
    let body = PartBody(bytes)
    digest.update(bytes)
    if !bytes.isEmpty || parts.isEmpty {
      parts.append(.init(bytes: Int64(bytes.count), sha256: body.sha256))
    }
    return body
  }

  /// What was given so far.
  var outcome: PartUploader.Outcome {
    consuming get {
      PartUploader.Outcome(
        bytes: parts.reduce(0) { $0 + $1.bytes }, sha256: digest.finish(), parts: parts)
    }
  }
}
