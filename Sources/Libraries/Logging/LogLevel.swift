/// How much a log line matters.
public enum LogLevel: String, Sendable, CaseIterable, Comparable {
  /// For those who look for a fault.
  case debug
  /// What happened, in the ordinary course.
  case info
  /// What somebody should look at some day.
  case warning
  /// What somebody should look at now.
  case error

  /// Orders levels by weight.
  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.weight < right.weight }

  private var weight: Int {
    switch self {
    case .debug: 0
    case .info: 1
    case .warning: 2
    case .error: 3
    }
  }
}

/// How log lines are written.
public enum LogFormat: String, Sendable, CaseIterable {
  /// One JSON object a line, for machines.
  case json
  /// Words and `name=value` pairs, for people.
  case text
}
