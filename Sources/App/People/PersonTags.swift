import Core

/// The strong entity tags of a person: the version, told apart by representation.
///
/// RFC 9110, section 8.8.3.
enum PersonTags {
  static func json(_ version: Timestamp) -> EntityTag { EntityTag(text(version)) }
  static func html(_ version: Timestamp) -> EntityTag { EntityTag("\(text(version))-html") }

  /// Whether an `If-Match` names `version`, by the tag of either representation.
  ///
  /// One that is malformed names nothing: whoever sent it wanted to be sure.
  static func match(_ lines: [String], _ version: Timestamp) -> Bool {
    guard let tags = EntityTags(lines) else { return false }
    return tags.containsStrongly(json(version)) || tags.containsStrongly(html(version))
  }

  private static func text(_ version: Timestamp) -> String {
    String(version.microsecondsSinceEpoch, radix: 36)
  }
}
