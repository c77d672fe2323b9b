/// Markup in which every text is escaped that is not markup already.
///
/// What stands between quotes in the source is taken as it is, what is interpolated is escaped, so
/// that forgetting to escape is not possible. https://html.spec.whatwg.org/multipage/parsing.html
struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
  private(set) var text: String

  init(stringLiteral text: String) { self.text = text }

  init(stringInterpolation parts: Interpolation) { text = parts.text }

  /// Several pieces, each on a line of its own.
  init(lines: [HTML]) { text = lines.map(\.text).joined(separator: "\n") }

  /// `text` where neither an element nor an attribute's value can be left; it shows what control
  /// characters and those that turn text around would hide.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in ErrorReport.printable(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  struct Interpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + interpolationCount * 8)
    }

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ markup: HTML) { text += markup.text }

    mutating func appendInterpolation(_ text: String) { self.text += HTML.escaped(text) }

    mutating func appendInterpolation(_ number: some BinaryInteger) { text += String(number) }

    /// A number with two decimals at most.
    mutating func appendInterpolation(_ number: Double) {
      let words = ((number * 100).rounded() / 100).description
      text += words.hasSuffix(".0") ? String(words.dropLast(2)) : words
    }
  }
}
