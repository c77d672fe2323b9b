import Core
import Glibc
import POSIX
import Subprocess
import TestSupport
import Testing

@Suite struct ProcessTests {
  @Test func aProcessIsHeldUntilItsEnd() throws {
    let child = try Command("sleep", ["600"]).spawn()
    let handle = try ProcessHandle(child.identifier)
    let before = (handle.hasEnded, handle.startTick)
    #expect(!before.0 && before.1 == ProcessHandle.startTick(of: child.identifier))
    handle.send(.terminate)
    let ended = handle.waitForEnd(.after(.seconds(60)))
    let after = (handle.hasEnded, handle.startTick)
    #expect(ended && after.0 && after.1 == nil)
    #expect(child.wait(.after(.seconds(60))) == .signal(SIGTERM))
    // The number may belong to another by now; the handle still names the one that ended.
    handle.send(.kill)
  }

  @Test func processesThatStartLaterHaveLaterTicks() throws {
    let child = try Command("sleep", ["600"]).spawn()
    let mine = try #require(ProcessHandle.startTick(of: ProcessInfo.identifier))
    #expect(try #require(ProcessHandle.startTick(of: child.identifier)) >= mine)
    child.send(.kill)
    #expect(child.wait(.after(.seconds(60))) != nil)
  }

  @Test func aProcessThatIsNotThereCanNotBeHeld() {
    let error = #expect(throws: SystemError.self) { _ = try ProcessHandle(Int32.max) }
    #expect(error == SystemError("pidfd_open", "process \(Int32.max)", code: ESRCH))
    #expect(error?.isMissing == true)
  }

  @Test func thisProcessHasStartedOnceAndHasNotEnded() throws {
    let handle = try ProcessHandle(ProcessInfo.identifier)
    let ended = handle.hasEnded || handle.waitForEnd(.after(.milliseconds(1)))
    #expect(!ended)
    let started = handle.startTick
    let tick = try #require(started)
    #expect(tick > 0 && tick == ProcessHandle.startTick(of: ProcessInfo.identifier))
    #expect(ProcessHandle.startTick(of: Int32.max) == nil)
  }

  @Test func whatTheSystemSaysOfThisProcessIsTold() throws {
    #expect(ProcessInfo.identifier == getpid())
    #expect(ProcessInfo.executablePath.hasPrefix("/"))
    #expect(File.isDirectory(ProcessInfo.currentDirectory))
    #expect(ProcessInfo.environment["PATH"]?.isEmpty == false)
    #expect(ProcessInfo.processorCount >= 1)
    #expect(ProcessInfo.residentBytes > 1_000_000)
    #expect(ProcessInfo.openDescriptors > 2)
    #expect(ProcessInfo.processorTime > .zero)
    #expect(!ProcessInfo.hostName.isEmpty)
  }
}
