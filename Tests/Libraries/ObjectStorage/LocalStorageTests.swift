import ObjectStorage
import POSIX
import TestSupport
import Testing

/// The two stores that need no server.
struct LocalStorageTests {
  @Test(arguments: StorageContract.all.map(\.name))
  func memoryKeepsTheContract(_ name: String) throws {
    try check(name, MemoryStorage())
  }

  @Test(arguments: StorageContract.all.map(\.name))
  func aDirectoryKeepsTheContract(_ name: String) throws {
    let directory = TemporaryDirectory()
    try check(name, FileStorage(directory.file("store")))
  }

  /// Of far stores only some keep to this: it is theirs to do.
  @Test(arguments: [true, false])
  func ofManyConditionalPutsAtOnceOneGetsIt(_ isDirectory: Bool) throws {
    let directory = TemporaryDirectory()
    let storage: any ObjectStorage =
      isDirectory ? FileStorage(directory.file("store")) : MemoryStorage()
    let outcomes = WorkThread.map(Array(1...8), "put") { number in
      failure { () throws(StorageError) in
        try storage.put(PartBody([UInt8(number)]), at: "deep/er/object", .ifAbsent)
      }?.kind
    }
    #expect(outcomes.filter { $0 == nil }.count == 1, "\(outcomes)")
    #expect(outcomes.filter { $0 == .exists }.count == 7)
    let written = try storage.read("deep/er/object", bytesMax: 1)
    #expect(outcomes[Int(written[0]) - 1] == nil)
  }

  @Test func whatAKilledWriterLeftIsNeverListedAndGoesWhenItIsOld() throws {
    let directory = TemporaryDirectory()
    let storage = FileStorage(directory.file("store"))
    try storage.put([1], at: "a")
    let work = directory.file("store/.slipway-uploads")
    try File.write([9], to: work + "/put-0123")
    #expect(try storage.list(prefix: "", after: nil, limit: 10).objects.map(\.key) == ["a"])
    #expect(try storage.unfinishedUploads(prefix: "") == [])
    #expect(File.exists(work + "/put-0123"), "its writer may still be there")
    try ShellService.run(["touch", "-d", "2 days ago", work + "/put-0123"])
    _ = try storage.unfinishedUploads(prefix: "")
    #expect(!File.exists(work + "/put-0123"))
  }

  @Test func anUploadWhoseRemovalWasKilledIsNoneAndGoesWhenItIsOld() throws {
    let directory = TemporaryDirectory()
    let storage = FileStorage(directory.file("store"))
    let work = directory.file("store/.slipway-uploads")
    let upload = try storage.beginUpload("a")
    _ = try storage.putPart(1, PartBody([1]), of: upload)
    // Killed as it had only begun: without its key; and amid the removal.
    try File.remove("\(work)/\(upload.id)/key")
    try File.makeDirectory(work + "/put-upload-0123")
    try File.write([9], to: work + "/put-upload-0123/part-1")
    #expect(try storage.unfinishedUploads(prefix: "") == [])
    let leftovers = ["\(work)/\(upload.id)", work + "/put-upload-0123"]
    #expect(leftovers.allSatisfy { File.exists($0) }, "their writers may still be there")
    try ShellService.run(["touch", "-d", "2 days ago"] + leftovers)
    _ = try storage.unfinishedUploads(prefix: "")
    #expect(!leftovers.contains { File.exists($0) })
  }

  @Test func aPartOfAnUploadThatWasAbortedMeanwhileIsOfNoUpload() throws {
    let directory = TemporaryDirectory()
    let storage = FileStorage(directory.file("store"))
    let upload = try storage.beginUpload("a")
    try storage.abort(upload)
    try storage.abort(upload)
    let error = failure { () throws(StorageError) in
      _ = try storage.putPart(1, PartBody([1]), of: upload)
    }
    #expect(error?.kind == .noUpload)
  }

  /// An object that a listing lacks for a failure of the disk would be taken for one that is gone.
  @Test func aFileThatCannotBeLookedAtEndsTheListing() throws {
    let directory = TemporaryDirectory()
    // So deep that its path is longer than the system takes, and that of its directory is not.
    var place = directory.path
    while place.utf8.count < 3900 { place += "/" + String(repeating: "d", count: 100) }
    let name = String(repeating: "n", count: 220)
    try File.makeDirectory(place)
    try ShellService.run(["sh", "-c", "cd \"$1\" && : > \"$2\"", "sh", place, name])
    let error = failure { () throws(StorageError) in
      _ = try FileStorage(place).list(prefix: "", after: nil, limit: 10)
    }
    #expect(error?.operation == .list && error?.detail.contains(name) == true, "\(error as Any)")
    try ShellService.run(["sh", "-c", "cd \"$1\" && rm \"$2\"", "sh", place, name])
    #expect(try FileStorage(place).list(prefix: "", after: nil, limit: 10).objects == [])
  }

  @Test func aKeyIsNotTheDirectoryOfAnotherNorTheStoresOwn() throws {
    let directory = TemporaryDirectory()
    let storage = FileStorage(directory.file("store"))
    try storage.put([1], at: "a")
    #expect(
      failure { () throws(StorageError) in try storage.put([1], at: "a/b") }?.kind
        == .invalidRequest)
    #expect(
      failure { () throws(StorageError) in try storage.put([1], at: ".slipway-uploads/x") }?.kind
        == .invalidRequest)
    #expect(try storage.read("a", bytesMax: 1) == [1])
    #expect(try storage.head("a/b") == nil)
  }

  @Test func anUploadsNameFromOutsideLeadsNowhereElse() throws {
    let directory = TemporaryDirectory()
    let storage = FileStorage(directory.file("store"))
    try storage.put([1], at: "kept")
    try storage.abort(Upload(key: "kept", id: "../"))
    try storage.abort(Upload(key: "kept", id: "upload-/../../kept"))
    #expect(try storage.read("kept", bytesMax: 1) == [1])
  }

  private func check(_ name: String, _ storage: any ObjectStorage) throws {
    let part = try #require(StorageContract.all.first { $0.name == name })
    try part.check(StorageContract(storage: storage))
  }
}
