import Crypto
import HTTPServer

/// A validator of a representation (RFC 9110, section 8.8.3).
struct EntityTag: Sendable, Equatable {
  let isWeak: Bool
  /// What stands between the quotes.
  let opaque: String

  init(_ opaque: String, isWeak: Bool = false) {
    self.opaque = opaque
    self.isWeak = isWeak
  }

  /// The strong tag of a body: it changes with every byte and with the media type.
  init(of body: [UInt8], mediaType: String) {
    var digest = SHA256()
    digest.update(Array(mediaType.utf8))
    digest.update([0])
    digest.update(body)
    self.init(Base64URL.encode(digest.finish().prefix(Self.digestBytes)))
  }

  /// Reads `"opaque"` or `W/"opaque"`; nil where it is neither.
  init?(text: some StringProtocol) {
    var bytes = Array(text.utf8)[...]
    isWeak = bytes.starts(with: "W/".utf8)
    if isWeak { bytes = bytes.dropFirst(2) }
    let quote = UInt8(ascii: "\"")
    guard bytes.count >= 2, bytes.first == quote, bytes.last == quote else { return nil }
    let inside = bytes.dropFirst().dropLast()
    guard inside.allSatisfy(Self.isOpaque) else { return nil }
    opaque = String(decoding: inside, as: UTF8.self)
  }

  /// As it stands in a header.
  var text: String { isWeak ? "W/\"\(opaque)\"" : "\"\(opaque)\"" }

  /// Half of SHA-256 is far beyond what two bodies share by chance.
  private static let digestBytes = 16

  fileprivate static func isOpaque(_ byte: UInt8) -> Bool {
    byte == 0x21 || (0x23...0x7E).contains(byte) || byte >= 0x80
  }
}

/// What `If-None-Match` and `If-Match` hold.
enum EntityTags: Sendable, Equatable {
  /// `*`: whatever there is.
  case any
  case list([EntityTag])

  /// Reads the lines of one header; nil where there is none or where they are malformed, which
  /// counts as none.
  init?(_ lines: [String]) {
    guard !lines.isEmpty else { return nil }
    let text = lines.joined(separator: ",")
    if Self.trimmed(text[...]) == "*" {
      self = .any
      return
    }
    var tags: [EntityTag] = []
    for element in Self.elements(text) where !element.isEmpty {
      guard let tag = EntityTag(text: element) else { return nil }
      tags.append(tag)
    }
    self = .list(tags)
  }

  /// The tag of the list that names the same representation as `tag`; for `*` it is `tag` itself.
  ///
  /// Compared weakly: a weak tag is as good as a strong one.
  func weakMatch(_ tag: EntityTag) -> EntityTag? {
    switch self {
    case .any: tag
    case .list(let tags): tags.first { $0.opaque == tag.opaque }
    }
  }

  /// Whether a representation with `tag` is meant, strongly compared: weak tags never are.
  func containsStrongly(_ tag: EntityTag) -> Bool {
    switch self {
    case .any: true
    case .list(let tags): !tag.isWeak && tags.contains(tag)
    }
  }

  /// Splits at commas outside of quotes: a tag may hold one.
  private static func elements(_ text: String) -> [Substring] {
    var isQuoted = false
    let parts = text.split(omittingEmptySubsequences: false) { character in
      if character == "\"" { isQuoted.toggle() }
      return character == "," && !isQuoted
    }
    return parts.map(trimmed)
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
