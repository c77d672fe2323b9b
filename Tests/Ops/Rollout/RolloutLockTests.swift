import Core
import JSON
import POSIX
import Subprocess
import Synchronization
import TestSupport
import Testing

@testable import Ops

@Suite struct RolloutLockTests {
  private let directory = TemporaryDirectory()
  private var lock: RolloutLock { RolloutLock(path: directory.file("lock.json")) }
  private var guardPath: String { lock.path + ".guard" }
  private let now = Timestamp(microsecondsSinceEpoch: 1_790_000_000_123_000)

  private func later(_ duration: Duration) -> Timestamp { now.advanced(by: duration) }

  private static func isFree(_ path: String) throws -> Bool {
    let taken = try FileLock.acquire(path)
    return taken != nil
  }

  private func failure(_ body: () throws(LockFailure) -> Void) -> LockFailure? {
    do throws(LockFailure) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  @Test func theFirstHolderHasNumberOneAndIsNamed() throws {
    let holder = try lock.acquire(purpose: "rollout 1", now: now)
    #expect(holder.fence == 1)
    #expect(holder.process == ProcessInfo.identifier)
    #expect(holder.until == later(LockHolder.timeToLive))
    #expect(try lock.holder(now: now) == holder)
  }

  @Test func aLiveHolderIsNamedToTheNextOne() throws {
    let holder = try lock.acquire(purpose: "rollout 1", now: now)
    let error = failure { () throws(LockFailure) in
      _ = try lock.acquire(purpose: "rollout 2", now: later(.seconds(1)))
    }
    #expect(error == .held(holder))
    #expect(error?.description.hasPrefix("rollout 1 by process \(holder.process) on ") == true)
  }

  @Test func oneOfManyThreadsHoldsItAtATime() throws {
    let lock = lock
    let inside = Atomic(0)
    let fences = Guarded<[Int64]>([])
    try Crowd.run(6) { _ in
      var count = 0
      while count < 5 {
        do throws(LockFailure) {
          let holder = try lock.acquire(purpose: "test")
          #expect(inside.add(1, ordering: .sequentiallyConsistent).newValue == 1)
          fences.withLock { $0.append(holder.fence) }
          inside.subtract(1, ordering: .sequentiallyConsistent)
          lock.release(holder)
          count += 1
        } catch {
          guard case .held = error else { throw error }
        }
      }
    }
    #expect(fences.withLock { $0 } == Array(1...30))
  }

  @Test func theGuardIsHeldWhileTheBodyRuns() throws {
    let path = guardPath
    let holder = try lock.acquire(purpose: "test")
    let isFree = try lock.whileHeld(holder) { () throws(LockFailure) -> Bool in
      do { return try Self.isFree(path) } catch { throw .lost(nil) }
    }
    #expect(!isFree)
    #expect(try Self.isFree(path))
  }

  @Test func aGuardOfAnotherProcessIsWaitedFor() throws {
    let child = try ChildProcess(
      Subprocess.Command("flock", [guardPath, "sleep", "600"], output: .discard))
    try Crowd.wait { try File.exists(guardPath) && !Self.isFree(guardPath) }
    let lock = lock
    try Crowd.run(2) { index in
      if index == 0 {
        let holder = try lock.acquire(purpose: "test")
        #expect(holder.fence == 1)
      } else {
        WorkThread.sleep(.milliseconds(100))
        #expect(!File.exists(lock.path))
        child.send(.kill)
        _ = child.wait(.after(.seconds(30)))
      }
    }
  }

  /// Leaves a lock of `process` in the file.
  private func leave(process: Int32, host: String = ProcessInfo.hostName) throws
    -> LockHolder
  {
    let holder = LockHolder(
      fence: 7, process: process, host: host, purpose: "rollout 7", since: now,
      until: later(.seconds(15)), isReleased: false)
    try File.write(holder.json.bytes(), to: lock.path)
    return holder
  }

  @Test func anotherProcessHoldsItUntilItDies() throws {
    let child = try ChildProcess(Subprocess.Command("sleep", ["600"]))
    let holder = try leave(process: child.identifier)
    let error = failure { () throws(LockFailure) in
      _ = try lock.acquire(purpose: "rollout 8", now: now)
    }
    #expect(error == .held(holder))
    child.send(.kill)
    _ = child.wait(.after(.seconds(30)))
    #expect(try lock.holder(now: now) == nil)
    #expect(try lock.acquire(purpose: "rollout 8", now: now).fence == 8)
  }

  @Test func aHolderOnAnotherMachineIsBelievedUntilItsTimeIsOver() throws {
    let holder = try leave(process: 1 << 22, host: "another")
    let error = failure { () throws(LockFailure) in
      _ = try lock.acquire(purpose: "rollout 8", now: later(.seconds(14)))
    }
    #expect(error == .held(holder))
    #expect(try lock.acquire(purpose: "rollout 8", now: later(.seconds(15))).fence == 8)
  }

  @Test func aHolderWhoseTimeIsOverIsReplacedAndFindsOut() throws {
    let old = try lock.acquire(purpose: "rollout 1", now: now)
    let new = try lock.acquire(purpose: "rollout 2", now: later(LockHolder.timeToLive))
    #expect(new.fence == 2)
    let ran = Counter()
    let error = failure { () throws(LockFailure) in
      try lock.whileHeld(old) { () throws(LockFailure) in _ = ran.add() }
    }
    #expect(error == .lost(new))
    #expect(ran.value == 0)
    lock.release(old)
    #expect(try lock.holder(now: later(.seconds(16))) == new)
  }

  @Test func renewalHoldsOn() throws {
    let holder = try lock.acquire(purpose: "test", now: now)
    try lock.renew(holder, now: later(.seconds(10)))
    let renewed = try #require(try lock.holder(now: later(.seconds(24))))
    #expect(renewed.until == later(.seconds(25)))
    #expect(renewed.fence == holder.fence)
    #expect(renewed.since == now)
  }

  @Test func aHolderThatWasLateButNotReplacedRenews() throws {
    let holder = try lock.acquire(purpose: "test", now: now)
    try lock.renew(holder, now: later(.seconds(60)))
    #expect(try lock.holder(now: later(.seconds(61))) != nil)
  }

  @Test func aReleasedLockIsFreeAtOnceAndOursNoMore() throws {
    let holder = try lock.acquire(purpose: "test", now: now)
    lock.release(holder)
    #expect(try lock.holder(now: now) == nil)
    let error = failure { () throws(LockFailure) in try lock.renew(holder, now: now) }
    guard case .lost? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try lock.acquire(purpose: "test", now: now).fence == 2)
  }

  @Test(arguments: ["", "{", "[]", #"{"fence":"x"}"#, "\u{0}\u{1}"])
  func garbageInTheFileIsNobodysLockAndTheNumberStillGrows(text: String) throws {
    let old = try leave(process: ProcessInfo.identifier)
    try File.write(Array(text.utf8), to: lock.path)
    #expect(try lock.holder(now: now) == nil)
    let new = try lock.acquire(purpose: "test", now: now)
    #expect(new.fence > old.fence)
    let error = failure { () throws(LockFailure) in
      try lock.whileHeld(old) { () throws(LockFailure) in }
    }
    #expect(error == .lost(new))
  }

  @Test func aFolderThatCannotBeWrittenIsAnErrorOfTheSystem() throws {
    let lock = RolloutLock(path: directory.file("none/lock.json"))
    let error = failure { () throws(LockFailure) in
      _ = try lock.acquire(purpose: "test")
    }
    guard case .unusable(let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("none/lock.json"))
    #expect(error?.description.hasPrefix("the lock could not be used: ") == true)
  }
}
