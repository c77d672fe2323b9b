import POSIX

/// Where a command writes text: a standard stream, or memory in a test.
struct TextOutput: Sendable {
  /// Whether a person reads along.
  let isTerminal: Bool
  /// The width to wrap at where a terminal tells it.
  let columns: Int?
  private let put: @Sendable (String) -> Void

  init(isTerminal: Bool, columns: Int? = nil, put: @escaping @Sendable (String) -> Void) {
    self.isTerminal = isTerminal
    self.columns = columns
    self.put = put
  }

  /// A stream of this process.
  static func standard(_ stream: StandardStream) -> TextOutput {
    TextOutput(isTerminal: stream.isTerminal, columns: stream.columns) { stream.write($0) }
  }

  /// Writes `text` as it is.
  func write(_ text: String) { put(text) }

  /// Writes `text` and ends the line.
  func line(_ text: String) { put(text + "\n") }
}
