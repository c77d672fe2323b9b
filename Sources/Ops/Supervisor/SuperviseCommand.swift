import Core
import Logging
import POSIX

/// Keeps the replicas of a local environment running; started by `rollout`, not by people.
struct SuperviseCommand: Command {
  private static let root = Option(
    "root", .directory, .required, "the folder of the environment under .slipway")
  private static let host = Option("host", .text("ADDRESS"), .required, "where to listen")
  private static let port = Option("port", .integer(1...65_535), .required, "the port")

  static let specification = CommandSpecification(
    name: "supervise", summary: "keep the replicas of a local environment running",
    options: [root, host, port], isHidden: true)

  /// How long the lock of a supervisor that is just dying is awaited.
  private static let lockTimeout: Duration = .seconds(2)

  private let paths: LocalPaths
  private let host: String
  private let port: Int

  init(_ arguments: ParsedArguments) {
    paths = LocalPaths(root: arguments.required(Self.root))
    host = arguments.required(Self.host)
    port = arguments.required(Self.port)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let signals = try SignalReader([.interrupt, .terminate])
    SignalReader.ignoreBrokenPipes()
    ProcessInfo.raiseOpenFilesLimit()
    try paths.make()
    guard
      let lock = try FileLock.acquire(paths.supervisorLock, until: .after(Self.lockTimeout))
    else { throw PhaseFailure("another supervisor runs") }
    let logger = Logger(level: .info, format: .json, sink: try BufferedSink(.error))
    let start = try SupervisorStart(paths: paths, host: host, port: port)
    let supervisor = try Supervisor(paths: paths, start: start, signals: signals, logger: logger)
    try supervisor.run()
    logger.flush()
    lock.release()
    return .done
  }
}
