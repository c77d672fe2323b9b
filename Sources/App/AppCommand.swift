import Core

/// What the program is asked to do.
enum AppCommand: Equatable {
  case serve
  case importPeople(ImportRequest)
  case config(isJSON: Bool)
  case statements(isJSON: Bool)
  case openAPI(isYAML: Bool)
  case version
  case help

  private static let names = [
    "serve", "import", "config", "statements", "openapi", "version", "help",
  ]

  /// Reads the command line; without arguments it serves.
  init(_ arguments: [String]) throws(AppUsageError) {
    if arguments.contains("--help") || arguments.contains("-h") {
      self = .help
      return
    }
    let name = arguments.first ?? "serve"
    var words = AppArguments(arguments.dropFirst(), of: name)
    switch name {
    case "serve": self = .serve
    case "import": self = .importPeople(try ImportRequest(&words))
    case "config": self = .config(isJSON: words.flag("--json"))
    case "statements": self = .statements(isJSON: words.flag("--json"))
    case "openapi": self = .openAPI(isYAML: words.flag("--yaml"))
    case "version", "--version": self = .version
    case "help": self = .help
    default:
      let meant = Suggestion.nearest(to: name, in: Self.names)
      throw AppUsageError(
        description: "unknown command '\(name)'"
          + (meant.map { "; did you mean '\($0)'?" } ?? "; 'app help' lists the commands"))
    }
    try words.end()
  }

  static let helpText = """
    app - one HTTP service; its configuration comes from the environment

    Usage: app [command]

      serve                serve requests until SIGTERM or SIGINT (the default)
      import people FILE   import people from a CSV file, or from standard input (-)
      config [--json]      print the configuration in effect: name, value, source
      statements [--json]  print every SQL statement that is used, in both dialects
      openapi [--yaml]     print the OpenAPI document of a service with this configuration
      version              print the version
      help                 print this text

    app import people FILE [--replace | --append] [--skip-invalid] [--if-empty] [--json]

      All of the file is imported in one transaction, or nothing of it; whoever is in
      the database already is left alone, so that a second time changes nothing.

      --replace            also remove who is not in the file or was changed since
      --append             add every row under a new UUID, each time
      --skip-invalid       leave rows out that are wrong, instead of refusing the file
      --if-empty           do nothing where there are people already
      --json               print the result, and what is wrong, as JSON

    Exit codes: 0 done, 1 failed (the last line says why), 64 wrong command line,
    65 wrong rows in the file (each with line and column; nothing was imported),
    66 the file cannot be read, 78 wrong configuration (one line for each variable),
    130 and 143 an import was stopped by SIGINT or SIGTERM (nothing was imported).

    """
}
