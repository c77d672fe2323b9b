import Glibc
import Synchronization

/// A shell script that serves a test until the test process ends, however it ends.
///
/// The script prints `ready` and then reads its standard input, a pipe that closes with this
/// process, even with `kill -9`; after that it cleans up. So no server outlives its test.
public final class ShellService: Sendable {
  /// Why a script did not get ready, or a command failed.
  public struct NotReady: Error, CustomStringConvertible {
    /// The last lines that were printed.
    public let description: String
  }

  private let child: ChildProcess
  private let isStopped = Atomic<Bool>(false)

  /// Starts `script` with `variables` in its environment and waits until it is ready.
  public init(script: String, variables: [String: String]) throws {
    let child = try ChildProcess(["sh", "-c", script], variables: variables, hasInput: true)
    var text = ""
    while !text.contains("ready\n") {
      let part = child.read()
      guard !part.isEmpty else {
        close(child.input)
        _ = child.wait()
        throw NotReady(description: String(text.suffix(2000)))
      }
      text += part
    }
    self.child = child
  }

  deinit { stop() }

  /// Ends the script and waits for its cleaning up.
  public func stop() {
    guard !isStopped.exchange(true, ordering: .relaxed) else { return }
    close(child.input)
    _ = child.wait()
  }

  /// Runs one command to its end and gives what it printed; throws when it fails.
  @discardableResult
  public static func run(_ arguments: [String]) throws -> String {
    let child = try ChildProcess(arguments, hasInput: false)
    var text = ""
    while true {
      let part = child.read()
      if part.isEmpty { break }
      text += part
    }
    guard child.wait() == 0 else {
      throw NotReady(description: "\(arguments.joined(separator: " ")): \(text)")
    }
    return text
  }
}
