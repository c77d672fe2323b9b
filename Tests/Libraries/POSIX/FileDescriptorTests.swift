import Core
import Glibc
import POSIX
import TestSupport
import Testing

@Suite struct FileDescriptorTests {
  private let directory = TemporaryDirectory()

  /// Whether a descriptor number leads to the file at `path`.
  ///
  /// Other tests use numbers again at once, so that only the file tells.
  private func leads(_ number: Int32, to path: String) -> Bool {
    var (opened, named) = (stat(), stat())
    return unsafe fstat(number, &opened) == 0 && stat(path, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }

  @Test func aDescriptorIsClosedWithItsOwner() throws {
    let path = directory.file("a")
    func open() throws -> Int32 {
      let file = try File.open(path, .append)
      let number = file.rawValue
      #expect(leads(number, to: path))
      return number
    }
    let number = try open()
    #expect(!leads(number, to: path))
  }

  @Test func aReleasedDescriptorStaysOpen() throws {
    let path = directory.file("a")
    func open() throws -> Int32 { try File.open(path, .append).release() }
    let number = try open()
    #expect(leads(number, to: path))
    close(number)
  }

  @Test func aDuplicateOutlivesTheFirst() throws {
    let path = directory.file("a")
    func open() throws -> FileDescriptor { try File.open(path, .append).duplicate() }
    let file = try open()
    try file.write(Array("still open".utf8))
    #expect(try File.readText(path) == "still open")
  }

  @Test func whatIsOpenedIsClosedInProgramsThatAreStarted() throws {
    let file = try File.open(directory.file("a"), .append)
    let second = try file.duplicate()
    let flags = (fcntl(file.rawValue, F_GETFD), fcntl(second.rawValue, F_GETFD))
    #expect(flags.0 & FD_CLOEXEC != 0 && flags.1 & FD_CLOEXEC != 0)
    try file.setCloseOnExec(false)
    let after = fcntl(file.rawValue, F_GETFD)
    #expect(after & FD_CLOEXEC == 0)
  }

  @Test func readingAnEmptyPipeWithoutWaitingSaysSo() throws {
    let pipe = try Pipe()
    try pipe.input.setNonblocking(true)
    do throws(SystemError) {
      _ = try pipe.input.read(upTo: 1)
      Issue.record("something came out of an empty pipe")
    } catch {
      #expect(error == SystemError("read", code: EAGAIN))
    }
  }

  @Test func waitingEndsWhenSomethingComesOrAtTheDeadline() throws {
    let pipe = try Pipe()
    let early = try pipe.input.waitUntilReadable(.after(.milliseconds(1)))
    #expect(!early)
    try pipe.output.write([42])
    let late = try pipe.input.waitUntilReadable(.after(.seconds(60)))
    let bytes = try pipe.input.read(upTo: 10)
    #expect(late && bytes == [42])
  }

  @Test func theFirstReadableOfSeveralIsNamed() throws {
    let quiet = try Pipe()
    let busy = try Pipe()
    try busy.output.write([1])
    let numbers = [quiet.input.rawValue, busy.input.rawValue]
    #expect(try Poll.anyReadable(numbers, .after(.seconds(60))) == 1)
  }

  @Test func aFileLargerThanTheLimitIsNotReadToItsEnd() throws {
    let path = directory.file("a")
    try File.write([1, 2, 3], to: path)
    #expect(try File.open(path, .read).readToEnd(limit: 3) == [1, 2, 3])
    #expect(throws: SystemError("read", "more than 2 bytes", code: EFBIG)) {
      try File.open(path, .read).readToEnd(limit: 2)
    }
  }

  /// Both ends of a pipe.
  private struct Pipe: ~Copyable {
    let input: FileDescriptor
    let output: FileDescriptor

    init() throws {
      var ends: [Int32] = [-1, -1]
      try #require(unsafe Glibc.pipe(&ends) == 0)
      input = FileDescriptor(owning: ends[0])
      output = FileDescriptor(owning: ends[1])
    }
  }
}
