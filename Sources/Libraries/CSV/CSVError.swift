/// What makes a text no CSV, and where.
public struct CSVError: Error, Sendable, Equatable {
  /// The kinds.
  public enum Kind: Sendable, Equatable {
    /// A quote after the first character of a field that does not begin with one.
    case quoteInField
    /// Something else than a comma or a line end after the closing quote.
    case textAfterQuote
    /// The text ended before the closing quote.
    case unterminatedQuote
    /// A carriage return without a line feed, outside of quotes.
    case bareCarriageReturn
    /// The byte of the field, from 0, that is not UTF-8.
    case notUTF8(byte: Int)
    /// More bytes in a field than the limit.
    case fieldTooLong(max: Int)
    /// More bytes in a record than the limit.
    case recordTooLong(max: Int)
    /// More fields in a record than the limit.
    case tooManyFields(max: Int)
  }

  /// Where it is: the character itself, or the beginning of the field or record that it is about.
  public let place: CSVPlace
  /// What it is.
  public let kind: Kind

  /// An error at `place`.
  public init(_ place: CSVPlace, _ kind: Kind) {
    self.place = place
    self.kind = kind
  }
}

extension CSVError.Kind {
  /// What is wrong, in words without the place.
  public var words: String {
    switch self {
    case .quoteInField:
      "a quote within a field that does not begin with one"
    case .textAfterQuote: "text after the closing quote; a quote within quotes is written twice"
    case .unterminatedQuote: "the quote that begins here is never closed"
    case .bareCarriageReturn: "a carriage return without a line feed"
    case .notUTF8(let byte): "byte \(byte + 1) of the field is not UTF-8"
    case .fieldTooLong(let max):
      "the field has more than \(max) bytes; is a closing quote missing?"
    case .recordTooLong(let max): "the record has more than \(max) bytes"
    case .tooManyFields(let max): "the record has more than \(max) fields"
    }
  }
}

extension CSVError: CustomStringConvertible {
  /// `line:column: words`.
  public var description: String { "\(place.line):\(place.column): \(kind.words)" }
}
