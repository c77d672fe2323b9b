import Core

/// What the program is asked to do.
enum AppCommand: Equatable {
  case serve
  case config(isJSON: Bool)
  case statements(isJSON: Bool)
  case version
  case help

  private static let names = ["serve", "config", "statements", "version", "help"]

  /// Reads the command line; without arguments it serves.
  init(_ arguments: [String]) throws(AppUsageError) {
    if arguments.contains("--help") || arguments.contains("-h") {
      self = .help
      return
    }
    let name = arguments.first ?? "serve"
    var options = arguments.dropFirst()
    switch name {
    case "serve": self = .serve
    case "config":
      self = .config(isJSON: options.first == "--json")
      if options.first == "--json" { options.removeFirst() }
    case "statements":
      self = .statements(isJSON: options.first == "--json")
      if options.first == "--json" { options.removeFirst() }
    case "version", "--version": self = .version
    case "help": self = .help
    default:
      let meant = Suggestion.nearest(to: name, in: Self.names)
      throw AppUsageError(
        description: "unknown command '\(name)'"
          + (meant.map { "; did you mean '\($0)'?" } ?? "; 'app help' lists the commands"))
    }
    if let option = options.first {
      throw AppUsageError(description: "'\(name)' does not take '\(option)'; see 'app help'")
    }
  }

  static let helpText = """
    app - one HTTP service; its configuration comes from the environment

    Usage: app [command]

      serve                serve requests until SIGTERM or SIGINT (the default)
      config [--json]      print the configuration in effect: name, value, source
      statements [--json]  print every SQL statement that is used, in both dialects
      version              print the version
      help                 print this text

    Exit codes: 0 done, 1 failed (the last line says why), 64 wrong command line,
    78 wrong configuration (one line for each variable).

    """
}

/// A command line that makes no sense, in one line.
struct AppUsageError: Error, Equatable, CustomStringConvertible {
  let description: String
}
