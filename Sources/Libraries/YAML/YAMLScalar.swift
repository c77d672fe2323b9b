/// A text, number, boolean or null as it was written.
public struct YAMLScalar: Sendable {
  /// How it was written.
  public enum Style: Sendable, Hashable {
    /// Without quotes: the only style whose type depends on the text.
    case plain
    /// In single quotes.
    case singleQuoted
    /// In double quotes.
    case doubleQuoted
    /// A block after `|`.
    case literal
    /// A block after `>`.
    case folded
  }

  /// What the scalar means.
  public enum Kind: Sendable, Hashable {
    /// Nothing.
    case null
    /// A truth value.
    case boolean(Bool)
    /// A whole number.
    case integer(Int)
    /// Another number.
    case real(Double)
    /// Anything else.
    case string(String)
  }

  /// The text after quotes, escapes and folding are undone.
  public let text: String
  /// How it was written.
  public let style: Style
  /// The type named before it, for example `tag:yaml.org,2002:str`; nil where none is.
  public let tag: String?

  /// A scalar of this text; the tag, when given, overrides what the style says.
  public init(_ text: String, style: Style, tag: String? = nil) {
    self.text = text
    self.style = style
    self.tag = tag
  }

  /// What the scalar means under the core schema.
  ///
  /// `yes`, `no`, `on`, `off` and `012` are strings, as nobody can know which YAML their writer
  /// had in mind; whoever wants a boolean or a number gets to say so in an error.
  /// https://yaml.org/spec/1.2.2/#103-core-schema
  public var kind: Kind {
    if let tag { return tag == YAMLTag.string ? .string(text) : CoreSchema.kind(of: text) }
    return style == .plain ? CoreSchema.kind(of: text) : .string(text)
  }
}

extension YAMLScalar: Hashable {
  /// Scalars are equal when they mean the same, however they were quoted.
  public static func == (left: YAMLScalar, right: YAMLScalar) -> Bool {
    // Of quoted ones the texts are the meaning.
    if left.isQuoted, right.isQuoted { return left.text == right.text }
    return left.kind == right.kind
  }

  private var isQuoted: Bool { tag == nil && style != .plain }

  /// Agrees with `==`.
  public func hash(into hasher: inout Hasher) { hasher.combine(kind) }
}

/// The tags of the core schema.
///
/// https://yaml.org/spec/1.2.2/#103-core-schema
enum YAMLTag {
  static let prefix = "tag:yaml.org,2002:"
  static let string = prefix + "str"
  static let sequence = prefix + "seq"
  static let mapping = prefix + "map"

  /// Whether a scalar of this tag may hold a value of this kind.
  static func allows(_ tag: String, _ kind: YAMLScalar.Kind) -> Bool {
    switch (tag, kind) {
    case (string, _), (prefix + "null", .null), (prefix + "bool", .boolean),
      (prefix + "int", .integer), (prefix + "float", .integer), (prefix + "float", .real):
      true
    default: false
    }
  }

  static let scalars = ["str", "null", "bool", "int", "float"].map { prefix + $0 }
}
