import Crypto
import ObjectStorage
import Testing

/// What every store does, whichever it is; each store's suite calls these with one of its own.
struct StorageContract {
  let storage: any ObjectStorage
  /// Bytes of a part that every store takes in the middle of an upload.
  var partBytes = 1024
  /// Whether an upload that is gone is said to be; moto fails with 500 there.
  var tellsMissingUploads = true

  static let all: [(name: String, check: @Sendable (StorageContract) throws -> Void)] = [
    ("what was written is read", { try $0.whatWasWrittenIsRead() }),
    ("a put replaces", { try $0.aPutReplaces() }),
    ("a conditional put keeps what is there", { try $0.aConditionalPutKeepsWhatIsThere() }),
    ("ranges", { try $0.rangesAreCut() }),
    ("missing", { try $0.whatIsMissingIsSaidToBe() }),
    ("odd keys", { try $0.oddKeysAreKeptApart() }),
    ("listing", { try $0.listingsAreSortedAndPaged() }),
    ("a sink that has enough", { try $0.aSinkThatHasEnoughEndsIt() }),
    ("parts become one object", { try $0.partsBecomeOneObject() }),
    ("a part that comes twice", { try $0.aPartThatComesTwiceCountsAsItCameLast() }),
    ("nothing is seen before completion", { try $0.nothingIsSeenBeforeCompletion() }),
    ("an aborted upload", { try $0.anAbortedUploadIsGone() }),
    ("parts that are not there", { try $0.partsThatAreNotThereAreRefused() }),
  ]

  private func bytes(_ count: Int, seed: Int = 0) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 31 &+ $0 / 251) }
  }

  private func kind(_ body: () throws(StorageError) -> Void) -> StorageError.Kind? {
    failure(body)?.kind
  }

  private func keys(_ prefix: String) throws -> [String] {
    var keys: [String] = []
    try storage.forEachObject(prefix: prefix) { object in
      keys.append(object.key.text)
      return true
    }
    return keys
  }

  private func whatWasWrittenIsRead() throws {
    for (key, count) in [("c1/empty", 0), ("c1/small", 1), ("c1/large", 700_001)] {
      let key = try #require(ObjectKey(key))
      let body = bytes(count)
      try storage.put(body, at: key)
      #expect(try storage.read(key, bytesMax: 1 << 20) == body)
      let info = try #require(try storage.head(key))
      #expect(info.bytes == count && info.key == key && !info.tag.isEmpty)
      #expect(info.modified != nil)
    }
    #expect(
      kind { () throws(StorageError) in _ = try storage.read("c1/large", bytesMax: 1000) }
        == .tooLarge)
  }

  private func aPutReplaces() throws {
    try storage.put(bytes(10), at: "c2/object")
    let before = try #require(try storage.head("c2/object"))
    try storage.put(bytes(11, seed: 5), at: "c2/object")
    let after = try #require(try storage.head("c2/object"))
    #expect(before.tag != after.tag)
    #expect(try storage.read("c2/object", bytesMax: 100) == bytes(11, seed: 5))
  }

  private func aConditionalPutKeepsWhatIsThere() throws {
    try storage.put(PartBody([1]), at: "c3/object", .ifAbsent)
    #expect(
      kind { () throws(StorageError) in
        try storage.put(PartBody([2]), at: "c3/object", .ifAbsent)
      } == .exists)
    #expect(try storage.read("c3/object", bytesMax: 100) == [1])
    try storage.delete("c3/object")
    try storage.put(PartBody([3]), at: "c3/object", .ifAbsent)
    #expect(try storage.read("c3/object", bytesMax: 100) == [3])
  }

  private func rangesAreCut() throws {
    let body = bytes(1000)
    try storage.put(body, at: "c4/object")
    for range in [0..<1, 0..<1000, 999..<1000, 500..<5000, 10..<20] as [Range<Int64>] {
      var read: [UInt8] = []
      let info = try storage.get("c4/object", range) { part in
        read += part
        return true
      }
      #expect(read == Array(body[Int(range.lowerBound)..<min(1000, Int(range.upperBound))]))
      #expect(info.bytes == 1000, "the object's length, not the range's")
    }
    let beyond = kind { () throws(StorageError) in
      _ = try storage.get("c4/object", 1000..<1001) { _ in true }
    }
    #expect(beyond == .invalidRange)
  }

  private func whatIsMissingIsSaidToBe() throws {
    #expect(try storage.head("c5/none") == nil)
    #expect(
      kind { () throws(StorageError) in _ = try storage.get("c5/none", nil) { _ in true } }
        == .notFound)
    try storage.delete("c5/none")
    try storage.put([1], at: "c5/object")
    try storage.delete("c5/object")
    #expect(try storage.head("c5/object") == nil)
    #expect(try keys("c5/") == [])
  }

  private func oddKeysAreKeptApart() throws {
    let odd = [
      "c6/a b+c&d=e?f#g%41", "c6/%41", "c6/A", "c6/ümlaut-\u{E9}", "c6/e\u{301}", "c6/日本/😀.gz",
      "c6/~tilde(1)*!'", "c6/a:b;c,d@e$f", "c6/back\\slash\"<>", "c6/..dots.",
      "c6/ lead and trail ",
    ]
    for (index, text) in odd.enumerated() {
      try storage.put(bytes(index + 1), at: try #require(ObjectKey(text)))
    }
    for (index, text) in odd.enumerated() {
      let key = try #require(ObjectKey(text))
      #expect(try storage.read(key, bytesMax: 100) == bytes(index + 1), "\(text)")
    }
    #expect(Set(try keys("c6/").map { Array($0.utf8) }) == Set(odd.map { Array($0.utf8) }))
    let list = try keys("c6/").compactMap { ObjectKey($0) }
    #expect(list == list.sorted())
    for text in odd { try storage.delete(try #require(ObjectKey(text))) }
    #expect(try keys("c6/") == [])
  }

  private func listingsAreSortedAndPaged() throws {
    let written = ["c7/b", "c7/a/2", "c7/a/1", "c7/a-", "c7/c", "c7x", "c7/Z"]
    for text in written { try storage.put([1], at: try #require(ObjectKey(text))) }
    #expect(try keys("c7/") == ["c7/Z", "c7/a-", "c7/a/1", "c7/a/2", "c7/b", "c7/c"])
    #expect(try keys("c7/a") == ["c7/a-", "c7/a/1", "c7/a/2"])
    #expect(try keys("c7/a/") == ["c7/a/1", "c7/a/2"])
    #expect(try keys("c7/none/") == [])
    var pages: [[String]] = []
    var after: String?
    repeat {
      let page = try storage.list(prefix: "c7/", after: after, limit: 4)
      pages.append(page.objects.map(\.key.text))
      after = page.next
    } while after != nil && pages.count < 10
    #expect(pages.flatMap(\.self) == ["c7/Z", "c7/a-", "c7/a/1", "c7/a/2", "c7/b", "c7/c"])
    #expect(pages.count == 2)
    let sizes = try storage.list(prefix: "c7/", after: nil, limit: 10).objects.map(\.bytes)
    #expect(sizes == [1, 1, 1, 1, 1, 1])
  }

  private func aSinkThatHasEnoughEndsIt() throws {
    try storage.put(bytes(600_000), at: "c8/object")
    #expect(
      kind { () throws(StorageError) in _ = try storage.get("c8/object", nil) { _ in false } }
        == .cancelled)
  }

  private func partsBecomeOneObject() throws {
    let upload = try storage.beginUpload("c9/big object+1")
    let bodies = [bytes(partBytes), bytes(partBytes, seed: 7), bytes(100, seed: 9)]
    var parts: [UploadedPart] = []
    // Parts may come in any order.
    for index in [2, 0, 1] {
      parts.append(try storage.putPart(index + 1, PartBody(bodies[index]), of: upload))
    }
    try storage.complete(upload, parts.sorted { $0.number < $1.number })
    let whole = bodies.flatMap(\.self)
    #expect(try storage.head("c9/big object+1")?.bytes == Int64(whole.count))
    #expect(try storage.read("c9/big object+1", bytesMax: whole.count) == whole)
    #expect(try storage.unfinishedUploads(prefix: "c9/") == [])
  }

  private func aPartThatComesTwiceCountsAsItCameLast() throws {
    let upload = try storage.beginUpload("c10/object")
    _ = try storage.putPart(1, PartBody(bytes(partBytes)), of: upload)
    let second = try storage.putPart(1, PartBody(bytes(partBytes, seed: 3)), of: upload)
    try storage.complete(upload, [second])
    #expect(try storage.read("c10/object", bytesMax: partBytes) == bytes(partBytes, seed: 3))
  }

  private func nothingIsSeenBeforeCompletion() throws {
    try storage.put([1, 2, 3], at: "c11/object")
    let upload = try storage.beginUpload("c11/object")
    let part = try storage.putPart(1, PartBody(bytes(partBytes)), of: upload)
    #expect(try storage.read("c11/object", bytesMax: 100) == [1, 2, 3])
    #expect(try keys("c11/") == ["c11/object"])
    let unfinished = try storage.unfinishedUploads(prefix: "c11/")
    #expect(unfinished.map(\.upload) == [upload])
    #expect(try storage.unfinishedUploads(prefix: "c11x").isEmpty)
    try storage.complete(upload, [part])
    #expect(try storage.head("c11/object")?.bytes == Int64(partBytes))
  }

  private func anAbortedUploadIsGone() throws {
    let upload = try storage.beginUpload("c12/object")
    let part = try storage.putPart(1, PartBody(bytes(partBytes)), of: upload)
    try storage.abort(upload)
    #expect(try storage.unfinishedUploads(prefix: "c12/") == [])
    #expect(try storage.head("c12/object") == nil)
    let completing = kind { () throws(StorageError) in try storage.complete(upload, [part]) }
    let adding = kind { () throws(StorageError) in
      _ = try storage.putPart(1, PartBody([1]), of: upload)
    }
    if tellsMissingUploads {
      #expect(completing == .noUpload && adding == .noUpload)
    } else {
      #expect(completing != nil && adding != nil)
    }
    #expect(try storage.head("c12/object") == nil)
    try storage.abort(upload)
  }

  private func partsThatAreNotThereAreRefused() throws {
    let upload = try storage.beginUpload("c13/object")
    _ = try storage.putPart(1, PartBody(bytes(partBytes)), of: upload)
    let made = UploadedPart(
      number: 2, bytes: 1, tag: Hexadecimal.encode([UInt8](repeating: 7, count: 16)))
    #expect(
      kind { () throws(StorageError) in try storage.complete(upload, [made]) } == .invalidParts)
    #expect(try storage.head("c13/object") == nil)
    try storage.abort(upload)
  }
}
