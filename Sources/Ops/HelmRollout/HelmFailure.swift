import Core
import Subprocess

/// What Helm did not do, in one line.
struct HelmFailure: ReportableError, Equatable {
  /// Longer causes are cut.
  private static let lengthMax = 600

  let message: String
  var hints: [String] = []
  var exitCode = ExitCode.failure
  /// Whether there is no Helm on this machine.
  var isMissing = false

  init(_ message: String) { self.message = "helm \(message)" }

  /// What Helm said of it, which begins with `Error:` and may have many lines.
  init(_ verb: String, _ result: CommandResult) {
    self.init("\(verb): \(Self.cause(result))")
    if mayPass { exitCode = .unreachable }
  }

  /// Why Helm was not started.
  init(_ error: SubprocessError) {
    message = "\(error)"
    exitCode = .configuration
    if case .programNotFound = error {
      isMissing = true
      hints = ["Helm 4 has to be on the PATH: https://helm.sh/docs/intro/install/"]
    }
  }

  /// Whether there was no way to the cluster, which Helm looks for before it changes anything.
  var mayPass: Bool { message.contains("cluster unreachable") }

  /// Whether there is no release of that name.
  var isNotFound: Bool { message.hasSuffix("release: not found") }

  var findings: [Finding] { [Finding(message: message, hints: hints)] }

  static func cause(_ result: CommandResult) -> String {
    if result.deadlinePassed { return "not done within \(DurationText.format(result.duration))" }
    let lines = result.errorText.split(whereSeparator: \.isNewline)
    let begin = lines.lastIndex { $0.hasPrefix(mark) }
    let told = begin.map { lines[$0...].joined(separator: " ").dropFirst(mark.count) }
    let text = told.map(String.init) ?? result.lastErrorLine ?? "\(result.exit)"
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return line.count > lengthMax ? line.prefix(lengthMax) + "..." : line
  }

  private static let mark = "Error:"
}
