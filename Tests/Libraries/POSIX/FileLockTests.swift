import Core
import Glibc
import POSIX
import TestSupport
import Testing

@Suite struct FileLockTests {
  private let directory = TemporaryDirectory()

  @Test func aLockThatIsHeldIsNotGivenAgain() throws {
    let path = directory.file("lock")
    let held = try FileLock.acquire(path)
    let isHeld = held != nil
    #expect(isHeld)
    let second = try FileLock.acquire(path)
    let isSecond = second != nil
    #expect(!isSecond)
    try keep(held)
    let third = try FileLock.acquire(path)
    let isThird = third != nil
    #expect(isThird)
  }

  @Test func anotherProcessCanNotHaveTheLock() throws {
    let path = directory.file("lock")
    let held = try FileLock.acquire(path)
    let isHeld = held != nil
    #expect(isHeld)
    #expect(throws: (any Error).self) { try ShellService.run(["flock", "-n", path, "true"]) }
    try keep(held)
    try ShellService.run(["flock", "-n", path, "true"])
  }

  @Test func aLockOfAnotherProcessExcludesThisOneUntilItEnds() throws {
    let path = directory.file("lock")
    let service = try ShellService(
      script: "exec 9>\"$LOCK\"; flock 9; echo ready; cat >/dev/null", variables: ["LOCK": path])
    let refused = try FileLock.acquire(path, until: .after(.milliseconds(50)))
    let isRefused = refused != nil
    #expect(!isRefused)
    service.stop()
    let taken = try FileLock.acquire(path, until: .after(.seconds(60)))
    let isTaken = taken != nil
    #expect(isTaken)
  }

  @Test func oneThreadAtATimeHoldsTheLock() throws {
    let path = directory.file("lock")
    let inside = Counter()
    let count = directory.file("count")
    try File.write(Array("0".utf8), to: count)
    try Crowd.run(8) { _ in
      for _ in 0..<5 {
        let held = try FileLock.acquire(path, until: .after(.seconds(60)))
        guard held != nil else { throw SystemError("flock", path, code: EWOULDBLOCK) }
        // Read, then write: without the lock some of the forty would be lost.
        let value = Int(try File.readText(count)) ?? -1
        try File.write(Array("\(value + 1)".utf8), to: count)
        inside.add()
      }
    }
    #expect(inside.value == 40)
    #expect(try File.readText(count) == "40")
  }

  @Test func aLockInAFolderThatIsMissingIsAnErrorNotAWait() {
    let path = directory.file("none/lock")
    #expect(throws: SystemError.self) {
      _ = try FileLock.acquire(path, until: .after(.seconds(60)))
    }
  }

  /// Marks the place up to which the lock is held.
  private func keep(_ lock: consuming FileLock?) throws {}
}
