import Core
import POSIX

/// Where a command takes an address from that may be nobody else's affair.
///
/// Whoever lists the processes of a machine reads arguments, and CI keeps them in its log:
/// `env:NAME` and `file:PATH` keep an address out of there.
struct AddressSource: Sendable {
  enum Place: Sendable {
    /// The address itself, on the command line.
    case option(Secret)
    /// A variable of the environment.
    case variable(String)
    /// A file that holds nothing else, such as a mounted secret.
    case file(String)
  }

  /// What a file with an address may hold, in bytes.
  static let fileBytesMax = 64 * 1024

  let place: Place
  /// What the address is of, for people: `database`.
  let subject: String

  /// Reads what an option was given; `takesFileURL` where `file://` begins an address.
  init(option: Secret, of subject: String, takesFileURL: Bool = false) {
    self.subject = subject
    let text = option.reveal()
    if text.hasPrefix("env:") {
      place = .variable(String(text.dropFirst(4)))
    } else if text.hasPrefix("file:"), !(takesFileURL && text.hasPrefix("file://")) {
      place = .file(String(text.dropFirst(5)))
    } else {
      place = .option(option)
    }
  }

  /// The address as it is written, and where that is, for people; `option` is the option's name.
  func read(
    _ context: CommandContext, option: String
  ) throws(AddressSourceError) -> (text: String, source: String) {
    switch place {
    case .option(let text): return (text.reveal(), "--\(option)")
    case .variable(let name):
      guard let text = context.environment[name], !text.isEmpty else {
        throw .noVariable(name, of: subject)
      }
      return (text, "the variable \(name)")
    case .file(let path):
      do throws(SystemError) {
        let text = try File.readText(context.absolute(path), limit: Self.fileBytesMax)
        return (Self.trimmed(text), path)
      } catch {
        throw .unreadable(error, of: subject)
      }
    }
  }

  private static func trimmed(_ text: String) -> String {
    let rest = text.drop { $0.isWhitespace }
    return String(rest.reversed().drop { $0.isWhitespace }.reversed())
  }
}

/// Why there is no address; never holds it.
enum AddressSourceError: ReportableError, Equatable {
  case noVariable(String, of: String)
  case unreadable(SystemError, of: String)

  var exitCode: ExitCode { .configuration }

  var findings: [Finding] {
    switch self {
    case .noVariable(let name, let subject):
      [Finding(message: "the variable \(name) is to hold the \(subject)'s address, and is not set")]
    case .unreadable(let error, let subject):
      [Finding(message: "the \(subject)'s address: \(error)")]
    }
  }
}
