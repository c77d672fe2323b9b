import Core
import POSIX
import SQL

/// Where a command takes the address of a database from.
enum DatabaseSource: Sendable {
  /// The address itself, on the command line.
  case address(Secret)
  /// A variable of the environment.
  case variable(String)
  /// A file that holds nothing else, such as a mounted secret.
  case file(String)
  /// What platform.yaml says of an environment.
  case environment(String)

  /// What a file with an address may hold, in bytes.
  static let fileBytesMax = 64 * 1024

  /// Reads what `--database` was given.
  init(option: Secret) {
    let text = option.reveal()
    if text.hasPrefix("env:") {
      self = .variable(String(text.dropFirst(4)))
    } else if text.hasPrefix("file:") {
      self = .file(String(text.dropFirst(5)))
    } else {
      self = .address(option)
    }
  }

  /// The address, or a `DatabaseSourceError`, or what is wrong with platform.yaml.
  func resolve(_ context: CommandContext) throws -> DatabaseURL {
    switch self {
    case .address(let text): return try onCommandLine(text, context)
    case .variable(let name):
      guard let text = context.environment[name], !text.isEmpty else {
        throw DatabaseSourceError.noVariable(name)
      }
      return try Self.read(text, from: "the variable \(name)")
    case .file(let path):
      let text: String
      do throws(SystemError) {
        text = try File.readText(context.absolute(path), limit: Self.fileBytesMax)
      } catch {
        throw DatabaseSourceError.unreadable(error)
      }
      return try Self.read(Self.trimmed(text), from: path)
    case .environment(let name): return try inPlatform(name, context)
    }
  }

  /// Whoever lists the processes of the machine reads arguments, and CI keeps them in its log.
  private func onCommandLine(_ text: Secret, _ context: CommandContext) throws -> DatabaseURL {
    let url = try Self.read(text.reveal(), from: "--database")
    guard case .postgres(let address) = url,
      address.password != nil || address.keyPassword != nil
    else { return url }
    guard context.environment["CI"] != "true" else { throw DatabaseSourceError.passwordInArguments }
    context.error.line(
      "warning: every user of this machine can read a password on a command line; "
        + DatabaseSourceError.otherWays)
    return url
  }

  private func inPlatform(_ name: String, _ context: CommandContext) throws -> DatabaseURL {
    let path = context.absolute(Platform.fileName)
    let environment = try Platform.load(path).environment(name)
    guard environment.target == .local, environment.database.mode == .sqlite else {
      throw DatabaseSourceError.addressIsSecret(environment: name)
    }
    let paths = LocalPaths(project: context.currentDirectory, environment: name)
    return .sqlite(path: paths.database)
  }

  private static func read(_ text: String, from source: String) throws -> DatabaseURL {
    do throws(DatabaseError) {
      return try DatabaseURL(text)
    } catch {
      throw DatabaseSourceError.notAddress(source: source, reason: error.message)
    }
  }

  private static func trimmed(_ text: String) -> String {
    let rest = text.drop { $0.isWhitespace }
    return String(rest.reversed().drop { $0.isWhitespace }.reversed())
  }
}

/// Why a command has no address of a database; never holds the address.
enum DatabaseSourceError: Error, Sendable, Equatable {
  case noVariable(String)
  case unreadable(SystemError)
  case notAddress(source: String, reason: String)
  case passwordInArguments
  case addressIsSecret(environment: String)

  static let otherWays = "use --database env:NAME or --database file:PATH"
}

extension DatabaseSourceError: ReportableError {
  var exitCode: ExitCode {
    switch self {
    case .passwordInArguments, .addressIsSecret: .usage
    case .noVariable, .unreadable, .notAddress: .configuration
    }
  }

  var findings: [Finding] {
    switch self {
    case .noVariable(let name):
      [Finding(message: "the variable \(name) is to hold the database's address, and is not set")]
    case .unreadable(let error): [Finding(message: "the database's address: \(error)")]
    case .notAddress(let source, let reason): [Finding(message: "\(source): \(reason)")]
    case .passwordInArguments:
      [Finding(message: "a password on a command line ends up in logs", hints: [Self.otherWays])]
    case .addressIsSecret(let name):
      [
        Finding(
          message: "the address of the database of '\(name)' is a secret and not in platform.yaml",
          hints: [Self.otherWays])
      ]
    }
  }
}
