import HTTPClient
import JSON

/// Where an answer names the revision that gave it.
enum RevisionSource: Sendable, Equatable {
  /// A header, by its name.
  case header(String)
  /// A member of its JSON body, by the names from the outside in.
  case body([String])

  /// The longest body that is read for it.
  static let bodyBytesMax = 1024 * 1024

  /// Whether the body is read.
  var needsBody: Bool { if case .body = self { true } else { false } }

  /// The revision that an answer names, nil where it names none.
  func revision(of answer: HTTPResponse) -> String? {
    switch self {
    case .header(let name): return answer.header(name)
    case .body(let names):
      guard let body = try? JSONReader.read(answer.body) else { return nil }
      return Self.text(of: body, at: names[...])
    }
  }

  private static func text(of value: JSONValue, at names: ArraySlice<String>) -> String? {
    if let name = names.first {
      guard let member = value[name] else { return nil }
      return text(of: member, at: names.dropFirst())
    }
    return value.text ?? value.number.map { String($0) }
  }
}
