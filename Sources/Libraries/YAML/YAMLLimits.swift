/// How much a document may ask of its reader.
public struct YAMLLimits: Sendable, Hashable {
  /// The limit that was exceeded.
  public enum Name: String, Sendable, Hashable {
    /// See `bytesMax`.
    case bytes
    /// See `depthMax`.
    case depth
    /// See `nodesMax`.
    case nodes
    /// See `documentsMax`.
    case documents

    var sentence: String {
      switch self {
      case .bytes: "the file is too large in bytes"
      case .depth: "values are nested too deeply"
      case .nodes: "too many values once aliases are followed"
      case .documents: "too many documents"
      }
    }
  }

  /// Bytes of the whole text.
  public var bytesMax = 1024 * 1024
  /// Collections within collections, aliases followed.
  public var depthMax = 64
  /// Scalars and collections, each alias counted as a copy of what it stands for.
  ///
  /// This is what stops a text of ten lines from growing to a billion values.
  public var nodesMax = 100_000
  /// Documents of a stream.
  public var documentsMax = 1000
  /// Problems of a document that are collected before reading stops.
  public var problemsMax = 100
  /// Tabs in the place of spaces that are read over, each by reading the text once more.
  public var tabsMax = 20

  /// The limits for files that people write.
  public init() {}
}
