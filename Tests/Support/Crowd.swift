import Foundation
import Synchronization

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

  /// Lets others run for a moment.
  public static func pause() { Thread.sleep(forTimeInterval: 0.02) }

  private final class Failures: Sendable {
    let list = Mutex<[any Error]>([])
  }
}
