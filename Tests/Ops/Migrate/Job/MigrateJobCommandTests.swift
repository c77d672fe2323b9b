import Core
import JSON
import POSIX
import Subprocess
import TestSupport
import Testing

@testable import Ops

/// The program itself, with a real kubectl, against a fake cluster.
@Suite struct MigrateJobCommandTests {
  private static let patience = Duration.seconds(120)
  private static let repository = "ghcr.io/example/slipway"

  private let site: FakeClusterSite
  private let project = TemporaryDirectory()

  init() throws {
    site = try FakeClusterSite()
    let platform = """
      service: { name: slipway, image: \(Self.repository) }
      environments:
        staging:
          target: kustomize
          context: \(FakeCluster.context)
          namespace: \(FakeClusterSite.namespace)
          auth: off
          database: { mode: bundled, storage: 1Gi }

      """
    try File.write(Array(platform.utf8), to: project.file("platform.yaml"))
  }

  private func command(_ tag: String, _ options: [String] = []) -> Subprocess.Command {
    let path = Path.parent(of: Kubectl.program) + ":" + (ProcessInfo.environment["PATH"] ?? "")
    return Subprocess.Command(
      "\(Path.parent(of: ProcessInfo.executablePath))/ops",
      ["migrate", "job", "--env", "staging", "--image", "\(Self.repository):\(tag)"]
        + options,
      variables: .inherited(changing: ["KUBECONFIG": site.fake.kubeconfig, "PATH": path]),
      workingDirectory: project.path)
  }

  private func run(_ tag: String, _ options: [String] = []) throws -> CommandResult {
    try command(tag, options).run(deadline: .after(Self.patience))
  }

  private static let names = ClusterNames(
    service: "slipway", namespace: FakeClusterSite.namespace)

  private static let lines = [
    "migrating", "0001_create_people: applied", "step 1 of 2", "step 2 of 2", "done",
  ]

  @Test func whatTheMigrationWritesIsShownAndASecondRunFindsItDone() throws {
    let first = try run("1")
    #expect(first.exit == .code(ExitCode.done.rawValue), "\(first.errorText)")
    let lines = first.outputText.split(separator: "\n").map(String.init)
    #expect(Array(lines.dropLast()) == Self.lines)
    #expect(lines.last?.hasSuffix("succeeded") == true)
    let second = try run("1")
    #expect(second.exit == .code(ExitCode.done.rawValue))
    #expect(second.outputText.contains("has run already"))
    #expect(try site.client.list(ClusterSelection(.job, in: "default")).items.count == 1)
  }

  @Test func aMigrationThatFailsSaysWhyAndEndsWithItsCode() throws {
    let result = try run("job-fails")
    #expect(result.exit == .code(ExitCode.migrationFailed.rawValue))
    #expect(result.errorText.contains(#"last line: error: column "nickname" already exists"#))
    #expect(result.outputText.contains("step 2 of 2"))
  }

  @Test func aMigrationThatRefusesInTimeEndsWithThatCode() throws {
    let result = try run("job-unsafe")
    #expect(result.exit == .code(ExitCode.refused.rawValue), "\(result.errorText)")
    #expect(result.errorText.contains("--forward-only"), "\(result.errorText)")
  }

  /// As if a release of that version served.
  private func serves(_ version: String?) throws {
    let store = ClusterStateStore(site.client, Self.names, ClusterLease(site.client, Self.names))
    var state = try store.load()
    state.number = 1
    state.current = ClusterRelease(
      number: 1, revision: "4ac1", image: "\(Self.repository):0", version: version, time: .now())
    try store.save(state)
  }

  /// What the Jobs that are there were told of.
  private func told() throws -> [String?] {
    try site.client.list(ClusterSelection(.job, in: "default")).items.map { job in
      let path = ["spec", "template", "spec", "containers"]
      let variables = job.value(at: path)?.elements?.first?["env"]?.elements ?? []
      return variables.first { $0["name"]?.text == MigrateApplyCommand.servingVariable }?["value"]?
        .text
    }
  }

  @Test func theJobIsToldWhatServesAsTheOneOfARolloutIs() throws {
    try serves("2026.11.0")
    let first = try run("1")
    #expect(first.exit == .code(ExitCode.done.rawValue), "\(first.errorText)")
    #expect(!first.errorText.contains("is not known"), "\(first.errorText)")
    #expect(try told() == ["2026.11.0"])
    // It has the same name, so that it is found again.
    let second = try run("1")
    #expect(second.outputText.contains("has run already"), "\(second.outputText)")
    // Beside another release it may be refused: that is another Job.
    try serves("2026.11.1")
    let third = try run("1")
    #expect(third.outputText.contains("succeeded"), "\(third.outputText)")
    #expect(try Set(told()) == ["2026.11.0", "2026.11.1"])
  }

  @Test func whatServesAndSaysNoVersionIsWarnedOf() throws {
    try serves(nil)
    let result = try run("1")
    #expect(result.exit == .code(ExitCode.done.rawValue), "\(result.errorText)")
    #expect(result.errorText.contains("the version of 4ac1 is not known"), "\(result.errorText)")
    #expect(try told() == [nil])
  }

  @Test func aSecretThatCouldNotBeReadAtFirstIsTakenOutAllTheSame() throws {
    try makeSecret()
    try says("connected with correct horse")
    try site.fault("fail", ["status": 500, "verb": "get", "resource": "secrets"])
    let result = try run("1")
    #expect(result.exit == .code(ExitCode.done.rawValue), "\(result.errorText)")
    #expect(result.outputText.contains("connected with [redacted]"), "\(result.outputText)")
    #expect(!result.errorText.contains("not read"), "\(result.errorText)")
  }

  @Test func secretsThatMayNotBeReadAreWarnedOf() throws {
    try makeSecret()
    try site.fault("forbid", ["verb": "get", "resource": "secrets"])
    let result = try run("1")
    #expect(result.exit == .code(ExitCode.done.rawValue), "\(result.errorText)")
    let warning = "warning: not read: Secret slipway-database"
    #expect(result.errorText.contains(warning), "\(result.errorText)")
  }

  private func makeSecret() throws {
    try site.client.create(
      .secret,
      [
        "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "slipway-database"],
        "data": ["password": "Y29ycmVjdCBob3JzZQ==", "url": "Y29ycmVjdCBob3JzZQ=="],
      ], in: FakeClusterSite.namespace)
  }

  /// Lets the Job's pod write a line.
  private func says(_ line: String) throws {
    let path = project.file("platform.yaml")
    let text = try File.readText(path) + "    pod: { annotations: { fake/says: \"\(line)\" } }\n"
    try File.write(Array(text.utf8), to: path)
  }

  @Test(arguments: [
    ("job-oom", "OOMKilled"), ("image-missing", "not found"),
  ]) func whatKeepsTheMigrationFromRunningIsSaid(tag: String, cause: String) throws {
    let result = try run(tag)
    #expect(result.exit == .code(ExitCode.migrationFailed.rawValue))
    #expect(result.errorText.contains(cause), "\(result.errorText)")
  }

  @Test(arguments: [nil, "2026.11.0"])
  func anInterruptedFollowingLeavesTheJobAndTheNextOneFollowsIt(serving: String?) throws {
    if let serving { try serves(serving) }
    let first = try command("job-slow").spawn()
    try #require(try FakeClusterSite.eventually { try runs() })
    first.send(.interrupt)
    let ended = try first.finish(.after(Self.patience))
    #expect(ended.exit == .code(ExitCode.interrupted.rawValue))
    #expect(ended.errorText.contains("which goes on"))
    let second = try run("job-slow")
    #expect(second.exit == .code(ExitCode.done.rawValue), "\(second.errorText)")
    let lines = second.outputText.split(separator: "\n")
    #expect(lines.first == "migrating")
    #expect(lines.contains("step 20 of 20"))
    #expect(try site.calls("delete", "jobs.batch") == 0)
  }

  @Test func whatARolloutHoldsIsNotMigratedBesideIt() throws {
    let lock = ClusterLease(site.client, Self.names)
    let holder = try lock.acquire(purpose: "rollout")
    let renewal = LockRenewal(lock: lock, holder: holder, interruption: Interruption())
    try renewal.start()
    defer { renewal.stop() }
    let result = try run("1")
    #expect(result.exit == .code(ExitCode.locked.rawValue), "\(result.errorText)")
    #expect(result.errorText.contains("rollout by process \(ProcessInfo.identifier)"))
    #expect(try site.client.list(ClusterSelection(.job, in: "default")).items.isEmpty)
  }

  @Test func aFrozenEnvironmentIsNotMigrated() throws {
    var state = RolloutState<ClusterRelease>()
    state.frozen = "the fair is on"
    try ClusterStateStore(site.client, Self.names, ClusterLease(site.client, Self.names)).save(
      state)
    let result = try run("1")
    #expect(result.exit == .code(ExitCode.refused.rawValue))
    #expect(result.errorText.contains("the fair is on"))
    #expect(try site.client.list(ClusterSelection(.job, in: "default")).items.isEmpty)
  }

  @Test func aJobThatTakesLongerThanItsTimeIsLeftAndFollowedAgain() throws {
    let first = try run("job-hangs", ["--timeout", "2s"])
    #expect(first.exit == .code(ExitCode.inconclusive.rawValue), "\(first.errorText)")
    #expect(first.errorText.contains("2s (--timeout), and goes on"))
    // Nobody is kept away: the lock was given back.
    let lock = ClusterLease(site.client, Self.names)
    #expect(try lock.holder() == nil)
    #expect(try site.calls("delete", "jobs.batch") == 0)
  }

  @Test func aRunThatIsKilledLeavesNoProxyBehind() throws {
    let run = try command("job-hangs").spawn()
    try #require(try FakeClusterSite.eventually { try runs() })
    #expect(try proxies(of: run.identifier) == 1)
    run.send(.kill)
    _ = run.wait(.after(Self.patience))
    #expect(try FakeClusterSite.eventually { try proxies(of: run.identifier) == 0 })
  }

  /// Whether the migration's pod runs.
  private func runs() throws -> Bool {
    try site.client.list(ClusterSelection(.pod, in: "default")).items.contains {
      $0["status"]?["phase"] == "Running"
    }
  }

  /// How many processes have their socket in the folder of the process `owner`.
  private func proxies(of owner: Int32) throws -> Int {
    try File.list("/proc").compactMap { Int32($0) }.count { process in
      let line = (try? File.readText("/proc/\(process)/cmdline")) ?? ""
      return line.contains("/slipway-kubectl-") && line.contains("-\(owner)-")
    }
  }
}
