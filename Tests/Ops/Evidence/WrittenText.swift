import Core

@testable import Ops

/// What a command wrote.
final class WrittenText: Sendable {
  private let text = Guarded("")

  var all: String { text.withLock { $0 } }

  var output: TextOutput { stream() }

  /// A stream that a test reads; a terminal of so many columns where `columns` are given.
  func stream(columns: Int? = nil) -> TextOutput {
    TextOutput(isTerminal: columns != nil, columns: columns) { [self] part in
      text.withLock { $0 += part }
    }
  }
}
