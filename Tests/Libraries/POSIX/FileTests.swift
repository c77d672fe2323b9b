import Glibc
import POSIX
import Synchronization
import TestSupport
import Testing

@Suite struct FileTests {
  private let directory = TemporaryDirectory()

  @Test func aFileIsReadBackAsItWasWritten() throws {
    let path = directory.file("a")
    let bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0) }
    try File.write(bytes, to: path, mode: 0o640)
    #expect(try File.read(path) == bytes)
    #expect(File.size(path) == 70_000)
    #expect(try permissions(path) == 0o640)
    #expect(try File.list(directory.path) == ["a"])
  }

  @Test func aReaderSeesTheOldFileOrTheNewOneButNeverAMixture() throws {
    let path = directory.file("shared")
    let size = 200_000
    try File.write([UInt8](repeating: 0, count: size), to: path)
    let stop = Atomic(false)
    let reads = Counter()
    try withThread {
      while !stop.load(ordering: .relaxed) {
        let bytes = (try? File.read(path)) ?? []
        guard bytes.count == size, Set(bytes).count == 1 else {
          Issue.record("\(bytes.count) bytes of \(Set(bytes).count) kinds")
          return
        }
        reads.add()
      }
    } during: {
      defer { stop.store(true, ordering: .relaxed) }
      for value in 1...50 as ClosedRange<UInt8> {
        try File.write([UInt8](repeating: value, count: size), to: path)
      }
      try Crowd.wait { reads.value > 0 }
    }
  }

  @Test func aWriteThatFailsLeavesTheOldFileAndNothingBesideIt() throws {
    let path = directory.file("kept")
    try File.write(Array("old".utf8), to: path)
    try File.makeDirectory(path + ".\(getpid()).new")
    let error = #expect(throws: SystemError.self) {
      try File.write(Array("new".utf8), to: path)
    }
    #expect(error == SystemError("open", path, code: EISDIR))
    #expect(try File.readText(path) == "old")
  }

  @Test func aFileThatIsMadeReplacesNone() throws {
    let path = directory.file("a")
    try File.make(path, Array("first".utf8), mode: 0o600)
    #expect(throws: SystemError("link", path, code: EEXIST)) {
      try File.make(path, Array("second".utf8))
    }
    #expect(try File.readText(path) == "first")
    #expect(try File.list(directory.path) == ["a"])
  }

  @Test func aWriteToAFolderThatIsMissingNamesTheFile() {
    let path = directory.file("none/a")
    #expect(throws: SystemError("open", path, code: ENOENT)) { try File.write([], to: path) }
  }

  @Test func aFullDeviceIsAnErrorThatSaysSo() throws {
    let error = #expect(throws: SystemError.self) {
      try File.open("/dev/full", .append).write([1, 2, 3])
    }
    #expect(error?.isNoSpace == true)
    #expect(error?.description == "No space left on device (write)")
  }

  @Test func aFileOverTheLimitIsNotRead() throws {
    let path = directory.file("large")
    try File.write([UInt8](repeating: 0, count: 101), to: path)
    #expect(try File.read(path, limit: 101).count == 101)
    #expect(throws: SystemError("read", path, code: EFBIG)) { try File.read(path, limit: 100) }
  }

  @Test func aMissingFileIsNamed() {
    let path = directory.file("none")
    let error = #expect(throws: SystemError.self) { try File.read(path) }
    #expect(error?.description == "\(path): No such file or directory (open)")
    #expect(error?.isMissing == true)
  }

  @Test func aCopyHasTheBytesAndTheAccessAskedFor() throws {
    let bytes = [UInt8](repeating: 7, count: 3 * 1024 * 1024 + 1)
    try File.write(bytes, to: directory.file("source"))
    try File.copy(directory.file("source"), to: directory.file("copy"), mode: 0o755)
    #expect(try File.read(directory.file("copy")) == bytes)
    #expect(File.isExecutable(directory.file("copy")))
    #expect(try File.list(directory.path) == ["copy", "source"])
  }

  @Test func theEndOfAFileIsReadWithoutItsStart() throws {
    let path = directory.file("log")
    try File.write(Array("first line\nlast line\n".utf8), to: path)
    #expect(try File.readTail(path, bytes: 10) == "last line\n")
    #expect(try File.readTail(path, bytes: 1000) == "first line\nlast line\n")
  }

  @Test func missingFoldersAboveAreMadeAsWell() throws {
    try File.makeDirectory(directory.file("a/b/c"))
    try File.makeDirectory(directory.file("a/b/c"))
    #expect(File.isDirectory(directory.file("a/b/c")))
    try File.write([], to: directory.file("plain"))
    #expect(throws: SystemError("mkdir", directory.file("plain"), code: EEXIST)) {
      try File.makeDirectory(directory.file("plain"))
    }
  }

  @Test func removingATreeDoesNotFollowLinksOutOfIt() throws {
    try File.makeDirectory(directory.file("outside"))
    try File.write([1], to: directory.file("outside/precious"))
    try File.makeDirectory(directory.file("tree/deep"))
    try File.write([1], to: directory.file("tree/deep/file"))
    #expect(unsafe symlink(directory.file("outside"), directory.file("tree/link")) == 0)
    #expect(unsafe symlink(directory.file("none"), directory.file("tree/dangling")) == 0)
    try File.removeTree(directory.file("tree"))
    #expect(try File.list(directory.path) == ["outside"])
    #expect(try File.list(directory.file("outside")) == ["precious"])
    try File.removeTree(directory.file("tree"))
  }

  @Test func removingALinkToAFolderRemovesTheLink() throws {
    try File.makeDirectory(directory.file("outside/inner"))
    #expect(unsafe symlink(directory.file("outside"), directory.file("link")) == 0)
    try File.removeTree(directory.file("link"))
    #expect(try File.list(directory.path) == ["outside"])
    #expect(try File.list(directory.file("outside")) == ["inner"])
  }

  @Test(arguments: [
    ("/a/b/c", "/a/b", "c"), ("/a", "/", "a"), ("a", ".", "a"), ("a/b", "a", "b"), ("/", "/", ""),
  ])
  func aPathHasAParentAndAName(path: String, parent: String, name: String) {
    #expect(Path.parent(of: path) == parent)
    #expect(Path.name(of: path) == name)
  }

  private func permissions(_ path: String) throws -> mode_t {
    var status = stat()
    try #require(unsafe stat(path, &status) == 0)
    return status.st_mode & 0o777
  }

  private func withThread(
    _ body: @escaping @Sendable () -> Void, during action: () throws -> Void
  ) throws {
    let thread = try WorkThread.start("beside", body)
    let outcome = Result { try action() }
    thread.join()
    try outcome.get()
  }
}
