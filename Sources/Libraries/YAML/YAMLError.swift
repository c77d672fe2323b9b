/// Why a document was refused, and where.
public struct YAMLError: Error, Sendable, Hashable {
  /// What is wrong.
  public enum Reason: Sendable, Hashable {
    /// The bytes are not UTF-8.
    case notUTF8
    /// A character that YAML does not allow, for example a control character.
    case forbiddenCharacter
    /// A tab where only spaces may stand.
    case tab
    /// What libyaml says of a text that is no YAML.
    case syntax(String)
    /// The key is in the mapping already.
    case duplicateKey(String, first: YAMLMark)
    /// A mapping or sequence stands where a key must.
    case collectionAsKey
    /// An alias of an anchor that is not defined before it.
    case unknownAlias(String)
    /// An alias within the value that its anchor names.
    case aliasLoop(String, anchor: YAMLMark)
    /// A tag other than those of the core schema.
    case unknownTag(String)
    /// The tag does not fit what it stands before.
    case tagMismatch(tag: String, text: String)
    /// A second document, where one is expected.
    case secondDocument
    /// The named limit is exceeded.
    case limit(YAMLLimits.Name, Int)
    /// Memory is exhausted.
    case outOfMemory
  }

  /// What is wrong.
  public let reason: Reason
  /// Where it is.
  public let mark: YAMLMark

  /// An error of this kind at this place.
  public init(_ reason: Reason, at mark: YAMLMark) {
    self.reason = reason
    self.mark = mark
  }
}

extension YAMLError: CustomStringConvertible {
  /// One sentence without the place.
  public var sentence: String {
    switch reason {
    case .notUTF8: "the file is not UTF-8"
    case .forbiddenCharacter: "a character that YAML does not allow"
    case .tab: "a tab where YAML wants spaces"
    case .syntax(let problem): problem
    case .duplicateKey(let key, let first): "the key '\(key)' is already given at \(first)"
    case .collectionAsKey: "a mapping or a list cannot be a key"
    case .unknownAlias(let name): "no anchor '&\(name)' comes before this alias"
    case .aliasLoop(let name, let anchor):
      "a loop: this alias is within the value that '&\(name)' at \(anchor) names"
    case .unknownTag(let tag): "the tag '\(tag)' is not known"
    case .tagMismatch(let tag, let text): "'\(text)' is not what the tag '\(tag)' says"
    case .secondDocument: "a second document begins here; one is expected"
    case .limit(let name, let value): "\(name.sentence) (at most \(value))"
    case .outOfMemory: "memory is exhausted"
    }
  }

  /// `LINE:COLUMN: ` and the sentence.
  public var description: String { "\(mark): \(sentence)" }
}
