import Core
import Migrations
import POSIX
import Subprocess

/// A local environment as its rollouts see it: all that is kept is in files.
struct LocalSite: RolloutSite {
  /// How long a program may take to say its version.
  private static let versionTimeout: Duration = .seconds(5)
  /// How long a release that is brought back may take; the baseline says whether it served.
  private static let reviveTimeout: Duration = .seconds(10)
  /// How many journals are kept.
  static let journalsMax = 100

  let environment: Environment
  let paths: LocalPaths
  let context: CommandContext
  let interruption: Interruption

  var lock: any EnvironmentLock { RolloutLock(path: paths.lock) }

  var client: SupervisorClient {
    SupervisorClient(
      paths: paths, host: environment.host ?? Environment.localHost, port: environment.port)
  }

  func prepare() throws {
    try paths.make()
    // Old ones take room, which is no reason against a rollout.
    try? NumberedFiles(folder: paths.journals).prune(keeping: Self.journalsMax)
  }

  func load() throws -> LocalState { try LocalState.load(paths.state) }

  func save(_ state: LocalState) throws { try state.save(paths.state) }

  /// The lock is held for the whole of each change, so nothing of a former holder is under way.
  func takeOver(_ state: LocalState) {}

  func journal(_ number: Int) -> any RolloutJournal { Journal(path: paths.journal(number)) }

  func journalNumbers() -> [Int] { NumberedFiles(folder: paths.journals).numbers }

  func report(_ number: Int) -> String { paths.report(number) }

  // A program is kept under its digest: two that keep at once keep the same.
  func release(
    for request: RolloutRequest, number: Int, held: (() throws -> Void) throws -> Void
  ) throws -> LocalRelease {
    let (digest, program) = try ReleaseStore(paths: paths).keep(programPath(request))
    return release(
      digest: digest, program: program, variables: request.variables, number: number)
  }

  func release(
    again former: LocalRelease, number: Int, held: (() throws -> Void) throws -> Void
  ) -> LocalRelease {
    LocalRelease(
      number: number,
      revision: LocalRelease.revision(
        digest: former.digest, environment: former.environment, number: number),
      digest: former.digest, program: former.program, environment: former.environment,
      replicas: environment.replicas, version: former.version, time: .now())
  }

  func revive(_ state: LocalState) throws {
    guard let current = state.current, client.status() == nil,
      File.exists(paths.supervisorState)
    else { return }
    context.output.line("no supervisor ran; one is started, and \(current.revision) with it")
    var status = try client.ensureRunning()
    let deadline = Deadline.after(Self.reviveTimeout)
    while !deadline.hasPassed {
      let accepting = status.replicas(of: current.revision).filter { $0.state == .accepting }
      if accepting.count >= current.replicas { return }
      try interruption.wait(.milliseconds(50))
      status = client.status() ?? status
    }
  }

  func target(
    _ release: LocalRelease, over former: LocalRelease?, _ request: RolloutRequest
  ) throws -> any RolloutTarget {
    try localTarget(release, over: former, request)
  }

  func localTarget(
    _ release: LocalRelease, over former: LocalRelease?, _ request: RolloutRequest
  ) throws -> LocalTarget {
    try LocalTarget(
      settings: environment, paths: paths, release: release, former: former,
      forwardOnly: request.forwardOnly, isUndo: request.isUndo)
  }
}

extension LocalSite {
  /// The program that a request means.
  func programPath(_ request: RolloutRequest) throws -> String {
    let path =
      request.binary.map(context.absolute)
      ?? Path.parent(of: ProcessInfo.executablePath) + "/app"
    guard File.isExecutable(path) else {
      throw RolloutRefusal(
        "\(path) is not a program that may be run; build it, or name one with --binary")
    }
    return path
  }

  /// The release that a rollout would bring.
  func release(
    digest: String, program: String, variables: [String: String], number: Int
  ) -> LocalRelease {
    let environment = LocalVariables(settings: self.environment, paths: paths)
      .all(changedBy: variables, context.environment)
    return LocalRelease(
      number: number,
      revision: LocalRelease.revision(
        digest: digest, environment: environment, number: number),
      digest: digest, program: program, environment: environment,
      replicas: self.environment.replicas,
      version: programVersion(program), time: .now())
  }

  /// What the program says that it is; nil where it does not say so in time.
  private func programVersion(_ program: String) -> String? {
    let command = Subprocess.Command(program, ["version"], group: .own)
    guard let result = try? command.run(deadline: .after(Self.versionTimeout)), result.isSuccess
    else { return nil }
    let words = result.outputText.split { $0.isWhitespace }
    return words.first { Migrations.Release($0) != nil }.map(String.init)
  }
}
