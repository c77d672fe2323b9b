import Core
import JSON

/// A value beside a name in a log line.
///
/// There is no case that takes a `Secret`.
public enum LogValue: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral
{
  /// A text.
  case string(String)
  /// A whole number.
  case integer(Int)
  /// A number with a fraction.
  case real(Double)
  /// A truth value.
  case boolean(Bool)

  /// A text.
  public init(stringLiteral text: String) { self = .string(text) }
  /// A whole number.
  public init(integerLiteral number: Int) { self = .integer(number) }
  /// A truth value.
  public init(booleanLiteral truth: Bool) { self = .boolean(truth) }
}

/// A name and a value in a log line.
public typealias LogField = (name: String, value: LogValue)

/// Writes structured log lines at or above its level.
public final class Logger: Sendable {
  /// Lines below this are not written.
  public let level: LogLevel
  private let format: LogFormat
  private let sink: any LogSink
  private let clock: @Sendable () -> Timestamp

  /// A logger that gives its lines to `sink`.
  public init(
    level: LogLevel, format: LogFormat, sink: any LogSink,
    clock: @escaping @Sendable () -> Timestamp = Timestamp.now
  ) {
    self.level = level
    self.format = format
    self.sink = sink
    self.clock = clock
  }

  /// Whether lines of `level` are written; asked before fields are gathered at a price.
  public func writes(_ level: LogLevel) -> Bool { level >= self.level }

  /// Writes one line.
  public func log(_ level: LogLevel, _ message: String, _ fields: [LogField] = []) {
    guard writes(level) else { return }
    let line =
      switch format {
      case .json: jsonLine(level, message, fields)
      case .text: textLine(level, message, fields)
      }
    sink.write(line, urgent: level >= .warning)
  }

  /// Writes a line for those who look for a fault.
  public func debug(_ message: String, _ fields: LogField...) { log(.debug, message, fields) }
  /// Writes a line about the ordinary course.
  public func info(_ message: String, _ fields: LogField...) { log(.info, message, fields) }
  /// Writes a line that somebody should look at some day.
  public func warning(_ message: String, _ fields: LogField...) { log(.warning, message, fields) }
  /// Writes a line that somebody should look at now.
  public func error(_ message: String, _ fields: LogField...) { log(.error, message, fields) }

  /// Puts out what is still held back.
  public func flush() { sink.flush() }

  /// Most lines fit, so that they grow in no steps.
  private static let usualBytes = 512

  private func jsonLine(_ level: LogLevel, _ message: String, _ fields: [LogField]) -> [UInt8] {
    var writer = JSONWriter(capacity: Self.usualBytes)
    writer.object { object in
      object.member("time", clock().iso8601)
      object.member("level", level.rawValue)
      object.member("message", message)
      for field in fields {
        object.name(field.name)
        switch field.value {
        case .string(let text): object.string(text)
        case .integer(let number): object.integer(number)
        case .real(let number): object.real(number)
        case .boolean(let truth): object.boolean(truth)
        }
      }
    }
    writer.endLine()
    return writer.bytes
  }

  private func textLine(_ level: LogLevel, _ message: String, _ fields: [LogField]) -> [UInt8] {
    var line = "\(clock().iso8601) \(level.rawValue) \(printable(message))"
    for field in fields {
      let value =
        switch field.value {
        case .string(let text): quotedWhereNeeded(text)
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .boolean(let truth): String(truth)
        }
      line += " \(field.name)=\(printable(value))"
    }
    return Array((line + "\n").utf8)
  }

  /// Keeps a text from looking like the next field, or like a quote's end.
  private func quotedWhereNeeded(_ text: String) -> String {
    guard text.isEmpty || text.contains(where: { " =\"\\".contains($0) }) else { return text }
    var quoted = "\""
    for character in text {
      if character == "\"" || character == "\\" { quoted.append("\\") }
      quoted.append(character)
    }
    return quoted + "\""
  }

  /// Keeps what a client sent from moving a terminal's cursor or faking a second line.
  private func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
  }

  /// Both blocks of control characters: terminals obey those above 0x7F too.
  private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }
}
