import Core
import Glibc
import POSIX
import Subprocess

/// A shell script that serves a test until the test process ends, however it ends.
///
/// The script prints `ready` and then reads its standard input, a socket that closes with this
/// process, even with `kill -9`; after that it cleans up. So no server outlives its test.
public final class ShellService: Sendable {
  /// Why a script did not get ready, or a command failed.
  public struct NotReady: Error, CustomStringConvertible {
    /// The last lines that were printed.
    public let description: String
  }

  private static let startTimeout: Duration = .seconds(120)
  private static let stopTimeout: Duration = .seconds(60)

  private let child: ChildProcess
  private let lifeline: FileDescriptor

  /// Starts `script` with `variables` in its environment and waits until it is ready.
  public init(script: String, variables: [String: String]) throws {
    let ends = try Self.pair()
    lifeline = FileDescriptor(owning: ends[0])
    let theirs = FileDescriptor(owning: ends[1])
    child = try Command(
      "sh", ["-c", script], variables: .inherited(changing: variables.mapValues { $0 }),
      input: .descriptor(theirs.rawValue), output: .descriptor(theirs.rawValue),
      errorOutput: .descriptor(theirs.rawValue)
    ).spawn()
    _ = consume theirs
    var text = ""
    let deadline = Deadline.after(Self.startTimeout)
    while !text.contains("ready\n") {
      guard try lifeline.waitUntilReadable(deadline) else {
        throw NotReady(description: "not ready in time; printed: \(text.suffix(2000))")
      }
      let part = try lifeline.read(upTo: 4096)
      guard !part.isEmpty else { throw NotReady(description: String(text.suffix(2000))) }
      text += String(decoding: part, as: UTF8.self)
    }
  }

  deinit { stop() }

  /// Ends the script and waits for its cleaning up.
  public func stop() {
    shutdown(lifeline.rawValue, Int32(SHUT_RDWR))
    _ = child.wait(.after(Self.stopTimeout))
  }

  /// Runs one command to its end and gives what it printed; throws when it fails.
  @discardableResult
  public static func run(_ arguments: [String]) throws -> String {
    let result = try Command(arguments[0], Array(arguments.dropFirst()))
      .run(deadline: .after(stopTimeout))
    guard result.isSuccess else {
      let words = "\(arguments.joined(separator: " ")): \(result.exit): \(result.errorText)"
      throw NotReady(description: words)
    }
    return result.outputText
  }

  /// Two ends of a socket that no other child inherits.
  ///
  /// https://man7.org/linux/man-pages/man2/socketpair.2.html
  private static func pair() throws -> [Int32] {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      throw NotReady(description: "no socket for a script")
    }
    return ends
  }
}
