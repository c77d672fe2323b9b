import Core

/// The strong entity tags of a person: the version, told apart by representation.
///
/// RFC 9110, section 8.8.3.
enum PersonTags {
  static func json(_ version: Timestamp) -> String { "\"\(text(version))\"" }
  static func html(_ version: Timestamp) -> String { "\"\(text(version))-html\"" }

  /// Whether an `If-Match` names `version`, by the tag of either representation.
  ///
  /// A weak tag never matches (RFC 9110, section 13.1.1).
  static func match(_ header: String, _ version: Timestamp) -> Bool {
    let own = [json(version), html(version)]
    return header.split(separator: ",").contains { tag in
      let tag = tag.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }
      return own.contains(String(tag.reversed()))
    }
  }

  private static func text(_ version: Timestamp) -> String {
    String(version.microsecondsSinceEpoch, radix: 36)
  }
}
