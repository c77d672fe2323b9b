/// What is wrong with an XML text, and where.
public struct XMLError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of fault it is.
  public enum Reason: Sendable, Equatable {
    /// The text is not XML; the parser's words.
    case malformed(String)
    /// A document type, through which entities would come.
    case doctype
    /// More than a limit allows.
    case limit(Limit, Int)
  }

  /// What is bounded.
  public enum Limit: String, Sendable {
    /// The length of the text.
    case bytes
    /// Elements within each other.
    case depth
    /// Elements altogether.
    case elements
  }

  /// What kind of fault it is.
  public let reason: Reason
  /// The line, from 1.
  public let line: Int

  init(_ reason: Reason, line: Int) {
    self.reason = reason
    self.line = line
  }

  /// `problem at line L`.
  public var description: String {
    switch reason {
    case .malformed(let words): "\(words) at line \(line)"
    case .doctype: "a document type at line \(line), which is not read"
    case .limit(let limit, let count): "more than \(count) \(limit.rawValue) at line \(line)"
    }
  }
}
