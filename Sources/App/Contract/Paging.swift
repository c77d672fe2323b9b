import Core
import Crypto
import HTTPServer
import JSON

/// A place in a list, told to clients as an opaque text.
///
/// What is inside is the key of the last row that was given, so that a page costs the same wherever
/// it lies, and rows that come and go shift nothing.
struct Cursor: Sendable, Equatable {
  /// The longest text that is looked at, in characters.
  static let lengthMax = 512

  /// The key: the values of the columns that order the list.
  let key: [JSONValue]

  init(_ key: [JSONValue]) { self.key = key }

  /// Reads what `text` gives; nil where it was not made here.
  init?(_ text: String) {
    guard text.utf8.count <= Self.lengthMax, let bytes = Base64URL.decode(text),
      let key = (try? JSONReader.read(bytes))?.elements, !key.isEmpty
    else { return nil }
    self.key = key
  }

  var text: String { Base64URL.encode(JSONValue.array(key).bytes()) }
}

/// How lists are paged: `limit`, `cursor`, and a `Link` to the next page.
enum Paging {
  /// The most rows of a page.
  static let limitMax: Int64 = 1000

  /// The parameters of a list.
  static func parameters(limit: Int64) -> [Parameter] {
    [
      .query(
        "limit", .integer(1...limitMax), default: .integer(limit), "The most elements of a page."),
      .query(
        "cursor", .string(1...Cursor.lengthMax, .cursor),
        "Where the page begins: from the `Link` of the page before."),
    ]
  }

  /// The header that a page has unless it is the last.
  static let link = Answer.HeaderPromise(
    "Link", "The next page, where there is one (RFC 8288).",
    example: #"</people?limit=1000&cursor=WyIwZSJd>; rel="next""#)
}

extension Call {
  /// How many rows a page may have; for contracts with `Paging.parameters`.
  var limit: Int { Int(integer("limit") ?? Paging.limitMax) }

  /// Where the page begins; nil is the beginning.
  var cursor: Cursor? { text("cursor").flatMap { Cursor($0) } }

  /// The `Link` to what follows `cursor`.
  func next(_ cursor: Cursor) -> String { "<\(target(cursor))>; rel=\"next\"" }

  /// The path and the query of what follows `cursor`, with every other parameter as it was given.
  func target(_ cursor: Cursor) -> String {
    var pairs = request.queryPairs.filter { $0.name != "cursor" }
    pairs.append((name: "cursor", value: cursor.text))
    let query = pairs.map {
      "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))"
    }
    .joined(separator: "&")
    return "\(request.path)?\(query)"
  }
}
