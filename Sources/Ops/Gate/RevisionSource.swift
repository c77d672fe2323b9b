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
      var value = try? JSONReader.read(answer.body)
      for name in names { value = value?[name] }
      return value?.text ?? value?.number.map { String($0) }
    }
  }
}
