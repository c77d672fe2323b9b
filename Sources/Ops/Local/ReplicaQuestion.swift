import Core
import Handover
import JSON

/// Asks a replica itself, through its control socket.
enum ReplicaQuestion {
  private static let timeout: Duration = .milliseconds(500)

  /// Why the replica is not ready, in its own words; nil where it says nothing.
  static func problem(_ control: String) -> String? {
    guard
      let reply = try? ControlClient.ask(
        control, ["do": "status"], deadline: .after(timeout))
    else { return nil }
    return reply.value["result"]?["problem"]?.text
  }
}

/// A line of a replica's log, in words for people.
enum LogLine {
  /// The line that a program ended with: what is indented only goes on what stands above it, as the
  /// frames of a trace do and the advice of an error.
  static func last(of lines: [String]) -> String? {
    let said = lines.filter { line in line.contains { !$0.isWhitespace } }
    return said.last { $0.first?.isWhitespace == false } ?? said.last
  }

  /// The message of a structured line with what explains it, any other line as it is.
  static func words(_ line: String) -> String {
    guard let value = try? JSONReader.read(line), let message = value["message"]?.text else {
      return line
    }
    let details = ["error", "cause", "detail", "problem"].compactMap { value[$0]?.text }
    return ([message] + details).joined(separator: ": ")
  }
}
