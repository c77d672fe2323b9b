import Core
import POSIX

/// The service.
///
/// `app serve` is what it is for; the other commands tell about it.
@main
struct App {
  static func main() {
    ProcessInfo.exit(run(ProcessInfo.arguments, ProcessInfo.environment))
  }

  /// Runs a command and gives the exit code.
  static func run(_ arguments: [String], _ environment: [String: String]) -> Int32 {
    do {
      switch try AppCommand(arguments) {
      case .help: StandardStream.output.write(AppCommand.helpText)
      case .version: StandardStream.output.write("app \(Version.current)\n")
      case .config(let isJSON):
        let report = try Configuration.read(environment)
        for warning in report.warnings { StandardStream.error.write("app: \(warning)\n") }
        StandardStream.output.write(isJSON ? report.json : report.text)
      case .statements(let isJSON):
        StandardStream.output.write(isJSON ? StatementManifest.json : StatementManifest.text)
      case .openAPI(let isYAML):
        let document = try OpenAPIDocument.describing(Configuration.read(environment).configuration)
        StandardStream.output.write(
          String(decoding: isYAML ? document.yaml : document.json, as: UTF8.self))
      case .importPeople(let request):
        return try ImportCommand(request).run(Configuration.read(environment))
      case .serve: return try ServeCommand.run(Configuration.read(environment))
      }
      return AppExit.success
    } catch let error as AppUsageError {
      StandardStream.error.write("app: \(error)\n")
      return AppExit.usage
    } catch let error as ConfigurationProblems {
      for problem in error.problems { StandardStream.error.write("app: \(problem)\n") }
      return AppExit.configuration
    } catch {
      StandardStream.error.write("app: \(error)\n")
      return AppExit.failure
    }
  }
}

/// The exit codes, after sysexits.h.
enum AppExit {
  static let success: Int32 = 0
  /// The command failed; the last line on standard error says why.
  static let failure: Int32 = 1
  /// The command line is wrong.
  static let usage: Int32 = 64
  /// Rows of a file are wrong.
  static let data: Int32 = 65
  /// A file cannot be read.
  static let noInput: Int32 = 66
  /// The configuration is wrong; one line on standard error for each variable.
  static let configuration: Int32 = 78
  /// A signal stopped what was asked for; shells tell such an end by this number and the signal's.
  static func signal(_ signal: Signal) -> Int32 { 128 + signal.rawValue }
}
