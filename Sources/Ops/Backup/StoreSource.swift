import ObjectStorage
import POSIX

/// Where a command takes the address of a store from.
///
/// An address holds no credentials, but what it names may be nobody's affair: `env:NAME` and
/// `file:PATH` keep it out of the command line.
enum StoreSource: Sendable, Equatable {
  case address(String)
  case variable(String)
  case file(String)

  private static let fileBytesMax = 64 * 1024

  init(option text: String) {
    if text.hasPrefix("env:") {
      self = .variable(String(text.dropFirst(4)))
    } else if text.hasPrefix("file:"), !text.hasPrefix("file://") {
      self = .file(String(text.dropFirst(5)))
    } else {
      self = .address(text)
    }
  }

  /// The address, or a `StoreSourceError`.
  func resolve(_ context: CommandContext) throws -> StoreURL {
    switch self {
    case .address(let text): return try Self.read(text, from: "--store")
    case .variable(let name):
      guard let text = context.environment[name], !text.isEmpty else {
        throw StoreSourceError.noVariable(name)
      }
      return try Self.read(text, from: "the variable \(name)")
    case .file(let path):
      let text: String
      do throws(SystemError) {
        text = try File.readText(context.absolute(path), limit: Self.fileBytesMax)
      } catch {
        throw StoreSourceError.unreadable(error)
      }
      return try Self.read(text.filter { !$0.isWhitespace }, from: path)
    }
  }

  private static func read(_ text: String, from source: String) throws -> StoreURL {
    do throws(StoreURLError) {
      return try StoreURL(text)
    } catch {
      throw StoreSourceError.notAddress(source: source, error)
    }
  }
}

/// Why a command has no store.
enum StoreSourceError: Error, Sendable, Equatable {
  case noVariable(String)
  case unreadable(SystemError)
  case notAddress(source: String, StoreURLError)
}

extension StoreSourceError: ReportableError {
  var exitCode: ExitCode { .configuration }

  var findings: [Finding] {
    switch self {
    case .noVariable(let name):
      [Finding(message: "the variable \(name) is to hold the store's address, and is not set")]
    case .unreadable(let error): [Finding(message: "the store's address: \(error)")]
    case .notAddress(let source, let error): [Finding(message: "\(source): \(error)")]
    }
  }
}
