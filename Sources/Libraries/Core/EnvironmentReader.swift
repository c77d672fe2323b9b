/// Reads typed settings from environment variables and gathers everything that is wrong.
///
/// Every variable `NAME` may also be given as `NAME_FILE`, the path of a file that holds the value,
/// which is how secrets are mounted. Reading never throws: a wrong value becomes a problem and the
/// default takes its place, so that one start names all mistakes.
public struct EnvironmentReader {
  /// One wrong variable.
  public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The variable, with its `_FILE` where that was used.
    public let name: String
    /// What it holds, `[redacted]` for a secret.
    public let value: String
    /// What would be right.
    public let allowed: String

    /// A problem with a variable.
    public init(name: String, value: String, allowed: String) {
      self.name = name
      self.value = value
      self.allowed = allowed
    }

    /// One line for people.
    public var description: String { "\(name) is '\(value)'; allowed: \(allowed)" }
  }

  /// A setting as it took effect.
  public struct Setting: Sendable, Equatable {
    /// The variable.
    public let name: String
    /// The value in effect, `[redacted]` for a secret, empty where there is none.
    public let value: String
    /// `default`, `environment`, or the file's path.
    public let source: String
  }

  /// What was wrong so far.
  public private(set) var problems: [Problem] = []
  /// What took effect so far, in the order of reading.
  public private(set) var settings: [Setting] = []
  /// Names that still work but have a successor.
  public private(set) var warnings: [String] = []

  private let variables: [String: String]
  private let readFile: (String) throws -> String
  private var successors: [String: String] = [:]

  /// A reader of `variables`; `readFile` gives the text of a file.
  public init(_ variables: [String: String], readFile: @escaping (String) throws -> String) {
    self.variables = variables
    self.readFile = readFile
  }

  /// Lets `old` stand for `name`, with a warning that names the new one.
  public mutating func accept(_ old: String, for name: String) {
    successors[name] = old
  }

  /// The file that gave the value of `name`, which was read before; nil where none did.
  public func file(of name: String) -> String? {
    let source = settings.last { $0.name == name }?.source
    return ["default", "environment"].contains(source) ? nil : source
  }

  /// Adds a problem that only the caller can see, such as two settings that contradict each other.
  public mutating func report(_ problem: Problem) {
    problems.append(problem)
  }

  /// A text; empty counts as not given.
  public mutating func text(_ name: String, default fallback: String? = nil) -> String? {
    read(name, fallback: fallback, allowed: "a text", shown: { $0 }, parse: { $0 })
  }

  /// A text that is never printed.
  public mutating func secret(_ name: String) -> Secret? {
    read(
      name, fallback: nil, allowed: "a text", isSecret: true,
      shown: { _ in Secret("").description },
      parse: { Secret($0) })
  }

  /// A whole number within `range`.
  public mutating func integer(
    _ name: String, in range: ClosedRange<Int>, default fallback: Int
  ) -> Int {
    let given: Int? = read(
      name, fallback: fallback,
      allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)",
      shown: { String($0) },
      parse: { Int($0).flatMap { range.contains($0) ? $0 : nil } })
    return given ?? fallback
  }

  /// A whole number within `range` that has no default.
  public mutating func optionalInteger(_ name: String, in range: ClosedRange<Int>) -> Int? {
    read(
      name, fallback: nil,
      allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)",
      shown: { String($0) },
      parse: { Int($0).flatMap { range.contains($0) ? $0 : nil } })
  }

  /// A duration within `range`.
  public mutating func duration(
    _ name: String, in range: ClosedRange<Duration>, default fallback: Duration
  ) -> Duration {
    let bounds = [range.lowerBound, range.upperBound].map(DurationText.format)
    let given: Duration? = read(
      name, fallback: fallback,
      allowed: "\(bounds[0]) to \(bounds[1]), \(DurationText.allowed)",
      shown: DurationText.format,
      parse: { DurationText.parse($0).flatMap { range.contains($0) ? $0 : nil } })
    return given ?? fallback
  }

  /// `true` or `false`, also `1`, `0`, `yes`, `no`, `on`, `off`, in any case.
  public mutating func boolean(_ name: String, default fallback: Bool) -> Bool {
    let given: Bool? = read(
      name, fallback: fallback, allowed: "true or false", shown: { String($0) },
      parse: {
        switch $0.lowercased() {
        case "true", "1", "yes", "on": true
        case "false", "0", "no", "off": false
        default: nil
        }
      })
    return given ?? fallback
  }

  /// One of an enumeration's raw values.
  public mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ name: String, default fallback: Choice
  ) -> Choice {
    let given: Choice? = read(
      name, fallback: fallback,
      allowed: Choice.allCases.map(\.rawValue).joined(separator: ", "),
      shown: { $0.rawValue }, parse: { Choice(rawValue: $0) })
    return given ?? fallback
  }

  /// A value of any kind that a text can be turned into.
  public mutating func value<Value>(
    _ name: String, default fallback: Value?, allowed: String, shown: (Value) -> String,
    parse: (String) -> Value?
  ) -> Value? {
    read(name, fallback: fallback, allowed: allowed, shown: shown, parse: parse)
  }

  private mutating func read<Value>(
    _ name: String, fallback: Value?, allowed: String, isSecret: Bool = false,
    shown: (Value) -> String, parse: (String) -> Value?
  ) -> Value? {
    guard let found = find(name) else {
      settings.append(
        Setting(name: name, value: fallback.map(shown) ?? "", source: "default"))
      return fallback
    }
    guard let value = parse(found.text) else {
      let held = isSecret ? Secret("").description : found.text
      problems.append(Problem(name: found.name, value: held, allowed: allowed))
      return fallback
    }
    settings.append(Setting(name: name, value: shown(value), source: found.source))
    return value
  }

  private mutating func find(_ name: String) -> (name: String, text: String, source: String)? {
    for candidate in [name] + (successors[name].map { [$0] } ?? []) {
      let inline = variables[candidate].flatMap { $0.isEmpty ? nil : $0 }
      let path = variables[candidate + "_FILE"].flatMap { $0.isEmpty ? nil : $0 }
      guard inline != nil || path != nil else { continue }
      if candidate != name { warnings.append("\(candidate) is accepted; its new name is \(name)") }
      if let inline {
        if path != nil {
          problems.append(
            Problem(
              name: candidate + "_FILE", value: path ?? "",
              allowed: "either \(candidate) or \(candidate)_FILE, not both"))
        }
        return (candidate, inline, "environment")
      }
      guard let path else { continue }
      do {
        return (candidate + "_FILE", Self.withoutLineEnd(try readFile(path)), path)
      } catch {
        problems.append(
          Problem(
            name: candidate + "_FILE", value: path, allowed: "the path of a readable file: \(error)"
          ))
        return nil
      }
    }
    return nil
  }

  /// What a file holds without its line end, which editors add and which is no part of the value.
  public static func withoutLineEnd(_ text: String) -> String {
    var text = Substring(text)
    while text.last?.isNewline == true { text.removeLast() }
    return String(text)
  }
}
