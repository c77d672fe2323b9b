import Core
import Foundation

/// Several threads that do the same at once.
public enum Crowd {
  /// Runs `body` on `count` threads and waits for all; rethrows the first error.
  public static func run(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Void
  ) throws {
    let failures = Failures()
    let group = DispatchGroup()
    for index in 0..<count {
      group.enter()
      Thread.detachNewThread {
        defer { group.leave() }
        do { try body(index) } catch { failures.list.withLock { $0.append(error) } }
      }
    }
    group.wait()
    if let first = failures.list.withLock({ $0.first }) { throw first }
  }

  /// Waits until `condition` holds; throws when it does not within a minute.
  public static func wait(until condition: () throws -> Bool) throws {
    let deadline = Deadline.after(.seconds(60))
    while try !condition() {
      guard !deadline.hasPassed else {
        throw ShellService.NotReady(description: "what the test waits for did not come")
      }
      Thread.sleep(forTimeInterval: 0.02)
    }
  }

  private final class Failures: Sendable {
    let list = Guarded<[any Error]>([])
  }
}
