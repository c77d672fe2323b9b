import Core
import POSIX
import SQL

/// Where a command takes the address of a database from.
enum DatabaseSource: Sendable {
  /// What `--database` names.
  case address(AddressSource)
  /// What platform.yaml says of an environment.
  case environment(String)

  /// Reads what `--database` was given.
  init(option: Secret) { self = .address(AddressSource(option: option, of: "database")) }

  /// The address, or an error of its source, or what is wrong with platform.yaml.
  func resolve(_ context: CommandContext) throws -> DatabaseURL {
    switch self {
    case .address(let source):
      let (text, place) = try source.read(context, option: "database")
      let url = try Self.read(text, from: place)
      if case .option = source.place { try Self.checkOnCommandLine(url, context) }
      return url
    case .environment(let name): return try inPlatform(name, context)
    }
  }

  /// Whoever lists the processes of the machine reads arguments, and CI keeps them in its log.
  private static func checkOnCommandLine(
    _ url: DatabaseURL, _ context: CommandContext
  ) throws {
    guard case .postgres(let address) = url,
      address.password != nil || address.keyPassword != nil
    else { return }
    guard context.environment["CI"] != "true" else { throw DatabaseSourceError.passwordInArguments }
    context.error.line(
      "warning: every user of this machine can read a password on a command line; "
        + DatabaseSourceError.otherWays)
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
}

/// Why a command has no address of a database; never holds the address.
enum DatabaseSourceError: Error, Sendable, Equatable {
  case notAddress(source: String, reason: String)
  case passwordInArguments
  case addressIsSecret(environment: String)

  static let otherWays = "use --database env:NAME or --database file:PATH"
}

extension DatabaseSourceError: ReportableError {
  var exitCode: ExitCode {
    switch self {
    case .passwordInArguments, .addressIsSecret: .usage
    case .notAddress: .configuration
    }
  }

  var findings: [Finding] {
    switch self {
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
