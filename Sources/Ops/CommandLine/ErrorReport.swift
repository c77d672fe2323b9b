import Core
import POSIX

/// An error that knows its exit code and its words.
protocol ReportableError: Error {
  var exitCode: ExitCode { get }
  /// What is wrong, each as a fact of its own; never empty.
  var findings: [Finding] { get }
}

/// One thing that is wrong, and where.
struct Finding: Sendable, Equatable {
  /// A place in a file, counted from 1.
  struct Place: Sendable, Hashable {
    let file: String
    let line: Int
    let column: Int
  }

  /// One line.
  let message: String
  /// What to do about it, one line each.
  var hints: [String] = []
  var place: Place?
}

/// Turns any error into lines for people and for CI: the one place where errors become words.
struct ErrorReport {
  let exitCode: ExitCode
  let findings: [Finding]

  init(_ error: any Error) {
    if let error = error as? any ReportableError {
      exitCode = error.exitCode
      findings = error.findings
    } else {
      exitCode = .failure
      findings = [Finding(message: String(describing: error))]
    }
  }

  /// The lines for standard error.
  ///
  /// In GitHub Actions every finding is an annotation of its own, on the file where it has one.
  func lines(program: String, color: Bool, annotations: Bool) -> [String] {
    findings.flatMap { finding in
      let message = Self.printable(finding.message)
      if annotations { return [annotation(finding)] }
      let source = finding.place.map { "\($0.file):\($0.line):\($0.column)" } ?? program
      let label = color ? "\u{1b}[1;31merror:\u{1b}[0m" : "error:"
      return ["\(source): \(label) \(message)"] + finding.hints.map { "  " + Self.printable($0) }
    }
  }

  /// Writes the report to the standard error of `context`.
  func write(to context: CommandContext) {
    let lines = lines(
      program: context.tree.name, color: context.usesColor(on: context.error),
      annotations: context.isGitHubActions)
    for line in lines { context.error.line(line) }
  }

  /// A workflow command.
  ///
  /// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
  private func annotation(_ finding: Finding) -> String {
    let place = finding.place.map {
      " file=\(Self.escapedProperty($0.file)),line=\($0.line),col=\($0.column)"
    }
    let lines = ([finding.message] + finding.hints).flatMap { $0.split(separator: "\n") }
    let text = lines.map { Self.printable(String($0)) }.joined(separator: "\n")
    return "::error\(place ?? "")::\(Self.escapedData(text))"
  }

  /// `text` as the message of a workflow command.
  static func escapedData(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      switch scalar {
      case "%": "%25"
      case "\r": "%0D"
      case "\n": "%0A"
      default: Character(scalar).description
      }
    }.joined()
  }

  /// `text` as a property of a workflow command.
  static func escapedProperty(_ text: String) -> String {
    escapedData(text).unicodeScalars.map { scalar in
      switch scalar {
      case ":": "%3A"
      case ",": "%2C"
      default: Character(scalar).description
      }
    }.joined()
  }

  /// `text` without what could move a terminal's cursor or forge a line.
  static func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        result.append(contentsOf: scalar.escaped(asASCII: true).unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
