import Core
import Glibc
import POSIX
import Subprocess
import Testing

@Suite struct ChildProcessTests {
  private func shell(_ script: String, group: Command.Group = .own) -> Command {
    Command("/bin/sh", ["-c", script], group: group)
  }

  /// The state letter of a process, nil where there is none.
  private func state(of identifier: Int32) -> String? {
    guard let text = try? File.readText("/proc/\(identifier)/stat"),
      let end = text.lastIndex(of: ")")
    else { return nil }
    return text[text.index(after: end)...].split(separator: " ").first.map(String.init)
  }

  /// Whether `condition` comes true within a generous time.
  private func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = Deadline.after(.seconds(30))
    while !condition() {
      if deadline.hasPassed { return false }
      WorkThread.sleep(.milliseconds(5))
    }
    return true
  }

  @Test func theDeadlineEndsAProgram() throws {
    let result = try shell("echo before; exec sleep 600").run(deadline: .after(.milliseconds(300)))
    #expect(result.deadlinePassed)
    #expect(result.exit == .signal(15))
    #expect(result.outputText == "before\n")
    #expect(result.duration < .seconds(60))
  }

  /// Also as another user, where this process may change to one.
  @Test(
    arguments: [nil] + (ProcessInfo.userIdentifier == 0 ? [SystemUser(named: "nobody")] : []))
  func aProgramThatEndsWithItsThreadGetsASignalThen(_ user: SystemUser?) throws {
    let started = Guarded<ChildProcess?>(nil)
    let mayEnd = WakeUp()
    let thread = try WorkThread.start("starter") {
      let command = Command("sleep", ["600"], endsWithThread: true, user: user)
      started.withLock { $0 = try? command.spawn() }
      _ = mayEnd.wait(until: .after(.seconds(60)))
    }
    // The signal is asked for by then, as the program runs in the place of who asks.
    #expect(
      eventually {
        let child = started.withLock { $0?.identifier }
        return child.flatMap { try? File.readText("/proc/\($0)/comm") } == "sleep\n"
      })
    let child = try #require(started.withLock { $0 })
    #expect(child.wait(.after(.milliseconds(50))) == nil)
    mayEnd.set()
    thread.join()
    #expect(child.wait(.after(.seconds(60))) == .signal(15))
  }

  @Test func aProgramThatRefusesToEndIsKilled() throws {
    let result = try shell("trap '' TERM; echo ready; while :; do sleep 0.05; done")
      .run(deadline: .after(.milliseconds(500)), terminationGrace: .milliseconds(200))
    #expect(result.exit == .signal(9))
    #expect(result.deadlinePassed)
  }

  @Test func theDeadlineEndsGrandchildrenToo() throws {
    let result = try shell("trap '' TERM; sleep 600 & echo $!; wait")
      .run(deadline: .after(.milliseconds(500)), terminationGrace: .milliseconds(200))
    let grandchild = try #require(Int32(result.outputText.dropLast()))
    #expect(eventually { [nil, "Z"].contains(state(of: grandchild)) })
  }

  @Test func aGrandchildThatHoldsTheOutputDoesNotHoldTheResult() throws {
    let result = try shell("sleep 600 & echo $!; exit 5").run(deadline: .after(.seconds(60)))
    #expect(result.exit == .code(5))
    #expect(!result.deadlinePassed)
    #expect(result.duration < .seconds(30))
    let left = try ProcessHandle(try #require(Int32(result.outputText.dropLast())))
    left.send(.kill)
  }

  @Test func aWaitThatIsTooShortFindsNoExit() throws {
    let child = try shell("exec sleep 600").spawn()
    #expect(child.wait(.after(.milliseconds(20))) == nil)
    child.send(.terminate)
    #expect(child.wait(.after(.seconds(30))) == .signal(15))
    #expect(child.ended == .signal(15))
  }

  @Test func aChildThatWasWaitedForIsNoZombie() throws {
    let child = try shell("exit 0").spawn()
    #expect(child.wait(.after(.seconds(30))) == .code(0))
    #expect(state(of: child.identifier) == nil)
  }

  @Test func aChildThatNobodyHoldsIsEndedAndReaped() throws {
    var child: ChildProcess? = try shell("exec sleep 600").spawn()
    let identifier = try #require(child?.identifier)
    #expect(state(of: identifier) != nil)
    child = nil
    #expect(state(of: identifier) == nil)
  }

  @Test func aSignalAfterTheEndReachesNobody() throws {
    let child = try shell("exit 0").spawn()
    _ = child.wait(.after(.seconds(30)))
    child.send(.kill)
    #expect(child.ended == .code(0))
  }

  @Test func signalsAreUnblockedAndBackToTheirDefaults() throws {
    SignalReader.ignoreBrokenPipes()
    let result = try Command("grep", ["-E", "Sig(Blk|Ign)", "/proc/self/status"])
      .run(deadline: .after(.seconds(30)))
    // 32 and 33 belong to libc itself, which lets its children ignore them.
    let ownOfLibc: UInt64 = 0x1_8000_0000
    let masks = result.outputText.split(separator: "\n").compactMap {
      $0.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
    }
    #expect(masks.map { $0 & ~ownOfLibc } == [0, 0])
  }

  @Test func aDetachedProgramLeadsASessionOfItsOwn() throws {
    var command = shell("exec sleep 600")
    command.output = .discard
    command.errorOutput = .discard
    let identifier = try command.spawnDetached()
    let handle = try ProcessHandle(identifier)
    let fields = try File.readText("/proc/\(identifier)/stat").split(separator: ")").last?
      .split(separator: " ")
    #expect(fields?[3] == "\(identifier)")
    handle.send(.kill)
    let ended = handle.waitForEnd(.after(.seconds(30)))
    #expect(ended)
    // Exit tests wait for any child: one that ended and is never reaped would keep them for ever.
    #expect(waitpid(identifier, nil, 0) == identifier)
  }

  @Test func aDetachedProgramMayNotWriteToAPipe() {
    #expect(throws: SubprocessError.self) { try shell("exit 0").spawnDetached() }
  }
}
