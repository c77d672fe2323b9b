import Core
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

/// What keeps rollouts away from this machine, as those who only look are told of it.
@Suite struct LocalReadinessTests {
  private let directory = TemporaryDirectory()
  private var paths: LocalPaths { LocalPaths(project: directory.path, environment: "local") }

  init() throws {
    let port = try FreePort.find()
    let text = """
      service: { name: slipway, image: registry.example/slipway, port: \(port) }
      environments: { local: { target: local } }
      """
    try File.write(Array(text.utf8), to: directory.file("platform.yaml"))
    try paths.make()
  }

  private func doctor() -> TestProgram.Result {
    TestProgram.run(
      words: ["doctor", "--env", "local", "--binary", "/bin/true"], tree: Ops.commands,
      directory: directory.path)
  }

  private func plan() throws -> ExitCode {
    var context = CommandContext.silent
    context.currentDirectory = directory.path
    let environment = try Platform.load(directory.file("platform.yaml")).environment("local")
    var request = RolloutRequest()
    request.binary = "/bin/true"
    return try LocalEnvironment(environment, context).rollouts(context, Interruption())
      .plan(request)
  }

  /// Writes down a rollout that was begun and came as far as the gate.
  private func begin() throws {
    var state = LocalState()
    state.number = 1
    try state.save(paths.state)
    let release = LocalRelease(
      number: 1, revision: "abc", digest: "", program: "app", environment: [:], replicas: 1,
      version: nil, time: Timestamp.now())
    let journal: any RolloutJournal = Journal(path: paths.journal(1))
    try journal.append("begin", release.json)
    try journal.append("phase", ["phase": "gate"])
  }

  @Test func whereNothingStandsAgainstItBothEndWell() throws {
    let found = doctor()
    #expect(found.code == .done, "\(found)")
    #expect(found.output.contains("nobody holds it"), "\(found)")
    #expect(try plan() == .done)
    // Who looks takes no lock.
    #expect(!File.exists(paths.lock))
  }

  @Test func aFreezeIsToldWithItsReasonAndItsEnd() throws {
    var state = LocalState()
    state.frozen = "a feast"
    try state.save(paths.state)
    let found = doctor()
    #expect(found.code == .refused, "\(found)")
    #expect(found.output.contains("the environment is frozen: a feast"), "\(found)")
    #expect(found.output.contains("ops rollout --env local --unfreeze ends that"), "\(found)")
    #expect(try plan() == .refused)
  }

  @Test func aLockThatSomebodyHoldsIsToldWithItsHolderAndPhase() throws {
    try begin()
    let later = Timestamp.now().advanced(by: .seconds(600))
    _ = try RolloutLock(path: paths.lock).acquire(purpose: "rollout", now: later)
    let before = try File.readText(paths.lock)
    let found = doctor()
    #expect(found.code == .locked, "\(found)")
    let process = ProcessInfo.identifier
    #expect(found.output.contains("rollout by process \(process)"), "\(found)")
    #expect(found.output.contains("the last phase is gate"), "\(found)")
    // It runs, and was not interrupted.
    #expect(!found.output.contains("--resume"), "\(found)")
    #expect(try plan() == .locked)
    #expect(try File.readText(paths.lock) == before)
  }

  @Test func aRolloutThatWasInterruptedIsToldWithWhatEndsIt() throws {
    try begin()
    let found = doctor()
    #expect(found.code == .refused, "\(found)")
    #expect(found.output.contains("rollout 1 was interrupted in phase gate at "), "\(found)")
    #expect(found.output.contains("ops rollout --env local --resume"), "\(found)")
    #expect(found.output.contains("--abort"), "\(found)")
    #expect(try plan() == .refused)
  }
}
