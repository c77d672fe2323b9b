/// Reads YAML text into nodes.
///
/// Refuses what readers of the same text disagree about: a key that comes twice, tags of its own,
/// more documents than one. Nothing is resolved that is not on the page.
public enum YAMLReader {
  /// The one document in `bytes`; an empty text is null.
  public static func read(
    _ bytes: [UInt8], limits: YAMLLimits = YAMLLimits()
  ) throws(YAMLError) -> YAMLNode {
    var composer = try Composer(bytes, limits: limits)
    guard let document = try composer.nextDocument() else { return .null }
    if let second = try composer.nextDocumentMark() {
      throw YAMLError(.secondDocument, at: second)
    }
    return document
  }

  /// The one document in `text`.
  public static func read(
    _ text: String, limits: YAMLLimits = YAMLLimits()
  ) throws(YAMLError) -> YAMLNode {
    try read(Array(text.utf8), limits: limits)
  }

  /// Every document of a stream, as tools print them one after another.
  public static func readStream(
    _ bytes: [UInt8], limits: YAMLLimits = YAMLLimits()
  ) throws(YAMLError) -> [YAMLNode] {
    var composer = try Composer(bytes, limits: limits)
    var documents: [YAMLNode] = []
    while let document = try composer.nextDocument() {
      guard documents.count < limits.documentsMax else {
        throw YAMLError(.limit(.documents, limits.documentsMax), at: document.mark)
      }
      documents.append(document)
    }
    return documents
  }

  /// What some editors put before a text is no part of it: places count from what comes after.
  ///
  /// https://yaml.org/spec/1.2.2/#52-character-encodings
  static func withoutByteOrderMark(_ bytes: [UInt8]) -> [UInt8] {
    bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(byteOrderMark.count)) : bytes
  }

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}
