import Core
import POSIX

@testable import Ops

/// A run without a lock that keeps what it is told.
final class NotedRun: RolloutContext {
  private let interruption = Interruption()
  private let deadline = Deadline.after(FakeClusterSite.patience)
  private(set) var notes: [String] = []
  /// Called with each note.
  var noted: (String) throws -> Void = { _ in }

  func check() throws { try interruption.check() }
  func wait(_ duration: Duration) throws { try interruption.wait(min(duration, .milliseconds(50))) }
  func change<Result>(_ body: (_ fence: Int64) throws -> Result) throws -> Result { try body(1) }
  var heldCheck: @Sendable () throws -> Void { {} }

  func cancelling<Result>(
    with cancel: @escaping @Sendable () -> Void, _ body: () throws -> Result
  ) throws -> Result { try body() }

  func note(_ text: String) {
    notes.append(text)
    try? noted(text)
  }

  var isWatchedByClients: Bool { false }
  var remaining: Duration { deadline.remaining }
  let patience: Duration = .seconds(60)
  func clientsMayCome() throws {}
}
