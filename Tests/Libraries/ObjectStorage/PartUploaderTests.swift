import Core
import Crypto
import POSIX
import TestSupport
import Testing

@testable import ObjectStorage

struct PartUploaderTests {
  private struct Broken: Error {}

  /// A stream of `count` bytes in pieces of `piece`.
  private func source(_ count: Int, piece: Int = 1000) -> () -> [UInt8] {
    var given = 0
    return {
      let next = min(piece, count - given)
      defer { given += next }
      return (given..<(given + next)).map { UInt8(truncatingIfNeeded: $0 / 5) }
    }
  }

  private func whole(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 / 5) }
  }

  @Test(arguments: [0, 1, 4095, 4096, 4097, 8192, 50_000, 61_440], [1, 777, 4096, 20_000])
  func aStreamBecomesOneObjectInEqualParts(_ count: Int, _ piece: Int) throws {
    let storage = MemoryStorage()
    let outcome = try PartUploader(storage, partBytes: 4096)
      .upload("a", from: source(count, piece: piece))
    #expect(try storage.read("a", bytesMax: count) == whole(count))
    #expect(outcome.bytes == count && outcome.sha256 == SHA256.hash(whole(count)))
    #expect(outcome.parts.dropLast().allSatisfy { $0.bytes == 4096 })
    #expect(outcome.parts.reduce(0) { $0 + $1.bytes } == count)
    #expect(outcome.parts.first?.sha256 == SHA256.hash(Array(whole(count).prefix(4096))))
    #expect(try storage.unfinishedUploads(prefix: "") == [])
  }

  @Test func aSourceThatFailsLeavesNothing() throws {
    let storage = MemoryStorage()
    var pieces = 0
    #expect(throws: PartUploader.Failure.self) {
      try PartUploader(storage, partBytes: 1000).upload(
        "a",
        from: {
          pieces += 1
          if pieces > 7 { throw Broken() }
          return [UInt8](repeating: 1, count: 1000)
        })
    }
    #expect(try storage.head("a") == nil)
    #expect(try storage.unfinishedUploads(prefix: "") == [])
  }

  @Test(arguments: [100, 5000])
  func whatIsNotConfirmedIsNeverSeen(_ count: Int) throws {
    let storage = MemoryStorage()
    #expect(throws: PartUploader.Failure.self) {
      try PartUploader(storage, partBytes: 1000).upload(
        "a", from: source(count), confirm: { throw Broken() })
    }
    #expect(try storage.head("a") == nil)
    #expect(try storage.unfinishedUploads(prefix: "") == [])
  }

  @Test func theFirstFailureEndsItAndTheUploadIsAbortedOnce() throws {
    let storage = CountingStorage(failingPart: 3)
    let failure = #expect(throws: PartUploader.Failure.self) {
      try PartUploader(storage, partBytes: 100, partsInFlightMax: 2).upload(
        "a", from: source(1_000_000, piece: 100))
    }
    guard case .storage(let error) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(error.kind == .denied)
    let counts = storage.counts.withLock { $0 }
    #expect(counts.aborts == 1 && counts.completions == 0)
    #expect(counts.parts < 10, "the rest is not sent")
  }

  @Test func noMorePartsAreOnTheirWayThanAllowed() throws {
    let storage = CountingStorage(failingPart: nil)
    _ = try PartUploader(storage, partBytes: 100, partsInFlightMax: 3).upload(
      "a", from: source(4000, piece: 100))
    let counts = storage.counts.withLock { $0 }
    #expect(counts.parts == 40 && counts.atOnceMax <= 3 && counts.completions == 1)
  }

  @Test(arguments: [(500, 4), (499, 3), (399, 2), (299, 1), (10, 1)])
  func longPartsAreFewerOnTheirWaySoThatMemoryIsBounded(_ bytesMax: Int64, _ atOnce: Int) throws {
    let storage = CountingStorage(failingPart: nil)
    _ = try PartUploader(storage, partBytes: 100, bytesInMemoryMax: bytesMax).upload(
      "a", from: source(4000, piece: 100))
    let counts = storage.counts.withLock { $0 }
    #expect(counts.parts == 40 && counts.atOnceMax <= atOnce)
  }

  /// What a pod of a backup may use by default is 512 MiB.
  @Test(arguments: [(1000, 80), (10_000, 800)])
  func partsOfALargeDatabaseTakeNoMoreThanHalfOfWhatAPodHas(_ partsMax: Int, _ gibibytes: Int64) {
    let rules = PartRules(partBytesMin: 5 << 20, partBytesMax: 5 << 30, partsMax: partsMax)
    for size in 0...gibibytes {
      let partBytes = rules.partBytes(expecting: size << 30)
      let parts = PartUploader.partsInFlight(
        partBytes: partBytes, atMost: PartUploader.partsInFlightDefault,
        bytesMax: PartUploader.bytesInMemoryDefault)
      #expect(Int64(parts + 1) * partBytes <= 256 << 20, "\(size) GiB")
    }
  }

  @Test func moreThanTheStoreHasPartsForIsRefused() throws {
    let storage = MemoryStorage(
      partRules: PartRules(partBytesMin: 1, partBytesMax: 1000, partsMax: 5))
    let failure = #expect(throws: PartUploader.Failure.self) {
      try PartUploader(storage, partBytes: 100).upload("a", from: source(501, piece: 100))
    }
    guard case .tooLong(500) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(try storage.unfinishedUploads(prefix: "") == [])
    _ = try PartUploader(storage, partBytes: 100).upload("b", from: source(500, piece: 100))
  }

  @Test func partsAreSixteenMebibytesOrWhatFitsIntoTheirNumber() {
    let rules = PartRules(partBytesMin: 5 << 20, partBytesMax: 5 << 30, partsMax: 1000)
    #expect(rules.partBytes(expecting: 0) == 16 << 20)
    #expect(rules.partBytes(expecting: 1 << 30) == 16 << 20)
    let large = rules.partBytes(expecting: 1 << 40)
    #expect(large % (1 << 20) == 0)
    #expect(rules.objectBytesMax(partBytes: large) >= (1 << 40) * 3 / 2)
    #expect(rules.partBytes(expecting: 1 << 60) == 5 << 30)
  }

  @Test(arguments: StorageServer.Kind.allCases)
  func aStreamGoesToARealServerThroughSmallParts(_ kind: StorageServer.Kind) throws {
    let storage = RetryingStorage(try StorageFixture.of(kind).storage())
    // Bodies beyond what libcurl copies, and pieces that are no divisor of a part.
    let count = 1_500_000
    let body = whole(count)
    let outcome = try PartUploader(storage, partBytes: 262_144).upload(
      "uploads/stream", from: source(count, piece: 100_003))
    #expect(outcome.parts.count == 6)
    #expect(try storage.read("uploads/stream", bytesMax: count) == body)
    #expect(try storage.unfinishedUploads(prefix: "uploads/") == [])
  }
}

/// Memory that counts what is asked of it, and refuses one part.
private final class CountingStorage: ObjectStorage {
  struct Counts: Sendable {
    var parts = 0
    var atOnce = 0
    var atOnceMax = 0
    var aborts = 0
    var completions = 0
  }

  let counts = Guarded(Counts())
  private let memory = MemoryStorage()
  private let failingPart: Int?

  init(failingPart: Int?) { self.failingPart = failingPart }

  var name: String { memory.name }
  var partRules: PartRules { memory.partRules }

  func putPart(
    _ number: Int, _ body: PartBody, of upload: Upload
  ) throws(StorageError) -> UploadedPart {
    counts.withLock { counts in
      counts.parts += 1
      counts.atOnce += 1
      counts.atOnceMax = max(counts.atOnceMax, counts.atOnce)
    }
    defer { counts.withLock { $0.atOnce -= 1 } }
    WorkThread.sleep(.milliseconds(2))
    if number == failingPart { throw StorageError(.denied, .putPart, in: name) }
    return try memory.putPart(number, body, of: upload)
  }

  func complete(_ upload: Upload, _ parts: [UploadedPart]) throws(StorageError) {
    counts.withLock { $0.completions += 1 }
    try memory.complete(upload, parts)
  }

  func abort(_ upload: Upload) throws(StorageError) {
    counts.withLock { $0.aborts += 1 }
    try memory.abort(upload)
  }

  func put(_ body: PartBody, at key: ObjectKey, _ condition: PutCondition) throws(StorageError) {
    try memory.put(body, at: key, condition)
  }

  func get(
    _ key: ObjectKey, _ range: Range<Int64>?, _ sink: ([UInt8]) -> Bool
  ) throws(StorageError) -> ObjectInfo { try memory.get(key, range, sink) }

  func head(_ key: ObjectKey) throws(StorageError) -> ObjectInfo? { try memory.head(key) }

  func list(prefix: String, after: String?, limit: Int) throws(StorageError) -> ObjectPage {
    try memory.list(prefix: prefix, after: after, limit: limit)
  }

  func delete(_ key: ObjectKey) throws(StorageError) { try memory.delete(key) }

  func beginUpload(_ key: ObjectKey) throws(StorageError) -> Upload {
    try memory.beginUpload(key)
  }

  func unfinishedUploads(prefix: String) throws(StorageError) -> [UnfinishedUpload] {
    try memory.unfinishedUploads(prefix: prefix)
  }
}
