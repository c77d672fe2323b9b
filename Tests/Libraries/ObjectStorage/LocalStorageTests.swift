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

  private func check(_ name: String, _ storage: any ObjectStorage) throws {
    let part = try #require(StorageContract.all.first { $0.name == name })
    try part.check(StorageContract(storage: storage))
  }
}
