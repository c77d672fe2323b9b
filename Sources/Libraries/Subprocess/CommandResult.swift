/// How a program ended.
public enum Exit: Sendable, Equatable {
  /// It ended itself, with this code.
  case code(Int32)
  /// This signal ended it.
  case signal(Int32)

  /// Whether it ended itself with 0.
  public var isSuccess: Bool { self == .code(0) }
}

extension Exit: CustomStringConvertible {
  /// `exit code 3` or `signal 9`.
  public var description: String {
    switch self {
    case .code(let code): "exit code \(code)"
    case .signal(let number): "signal \(number)"
    }
  }
}

/// What is left of a program that ended.
public struct CommandResult: Sendable, Equatable {
  /// How it ended.
  public let exit: Exit
  /// What it wrote to standard output, where that was captured.
  public let output: [UInt8]
  /// What it wrote to standard error, where that was captured.
  public let errorOutput: [UInt8]
  /// Bytes of both that came after the limit and were thrown away.
  public let droppedBytes: Int
  /// From the start to the end.
  public let duration: Duration
  /// Whether it was ended because its deadline had come.
  public let deadlinePassed: Bool

  /// Whether it ended itself with 0, in time.
  public var isSuccess: Bool { exit.isSuccess && !deadlinePassed }

  /// Standard output as text; bytes that are no UTF-8 become U+FFFD.
  public var outputText: String { String(decoding: output, as: UTF8.self) }

  /// Standard error as text; bytes that are no UTF-8 become U+FFFD.
  public var errorText: String { String(decoding: errorOutput, as: UTF8.self) }

  /// The last line of standard error that is not blank, which most programs use for the cause.
  public var lastErrorLine: String? {
    errorText.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }
      .map(String.init)
  }
}
