import POSIX
import TestSupport

/// The commands of a page of docs/api with what the page says that they print.
///
/// docs/api/README.md tells the rules; this reads by them.
struct PageExamples {
  struct Example {
    let line: Int
    let command: String
    var output: [String] = []
  }

  /// The folder of the pages.
  static let folder = Path.parent(of: #filePath) + "/../../../docs/api"
  static var pages: [String] {
    get throws { try File.list(folder).filter { $0.hasSuffix(".md") && $0 != "README.md" } }
  }

  let examples: [Example]
  /// Every address is that of the service of the page.
  private static let addresses = ["localhost:8080", "127.0.0.1:8080"]
  private static let mark = "-- next --"

  init(page: String) throws {
    var examples: [Example] = []
    var isInside = false
    var open: (line: Int, command: String)?
    let lines = try File.readText("\(Self.folder)/\(page)")
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for (index, line) in lines.enumerated() {
      if line.hasPrefix("```") {
        isInside = line == "```console"
      } else if let begun = open {
        open = (begun.line, "\(begun.command)\n\(line)")
      } else if isInside, line.hasPrefix("$ ") {
        open = (index + 1, String(line.dropFirst(2)))
      } else if isInside, !examples.isEmpty {
        examples[examples.count - 1].output.append(line)
      }
      if let begun = open, Self.isWhole(begun.command) {
        examples.append(Example(line: begun.line, command: begun.command))
        open = nil
      }
    }
    self.examples = examples
  }

  /// A backslash or a bar at the end, or a quote that is not closed, goes on in the next line.
  private static func isWhole(_ command: String) -> Bool {
    !command.hasSuffix("\\") && !command.hasSuffix("|")
      && command.count { $0 == "'" }.isMultiple(of: 2)
  }

  /// Runs all of them in one shell against `port` and gives the lines that each printed.
  func run(port: Int, token: String) throws -> [[String]] {
    let script = examples.map { "\($0.command)\nprintf '\\n%s\\n' '\(Self.mark)'\n" }.joined()
    let text = try ShellService.run([
      "env", "TOKEN=\(token)", "bash", "-c",
      Self.addresses.reduce(script) { $0.replacing($1, with: "127.0.0.1:\(port)") },
    ])
    let here = text.replacing("127.0.0.1:\(port)", with: Self.addresses[0])
      .replacing("\r", with: "")
    return here.split(separator: "\(Self.mark)\n", omittingEmptySubsequences: false).dropLast()
      .map { part in
        Self.trimmed(
          part.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) })
      }
  }

  static func trimmed(_ lines: [String]) -> [String] {
    var lines = lines
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  /// Whether `line` is what `expected` says, in which UUIDs and moments stand for any, and `…` for
  /// any text.
  static func matches(_ line: String, _ expected: String) -> Bool {
    let line = generalised(line)
    let parts = generalised(expected)
      .split(separator: "…", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, let first = parts.first, let last = parts.last else {
      return line == generalised(expected)
    }
    guard line.hasPrefix(first), line.utf8.count >= first.utf8.count + last.utf8.count else {
      return false
    }
    var rest = line.dropFirst(first.count)
    for part in parts.dropFirst().dropLast() {
      guard let range = rest.firstRange(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return rest.hasSuffix(last)
  }

  private static func generalised(_ text: String) -> String {
    Self.addresses.reduce(text) { $0.replacing($1, with: Self.addresses[0]) }
      .replacing(
        #/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#, with: "UUID"
      )
      .replacing(#/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/#, with: "MOMENT")
  }
}
