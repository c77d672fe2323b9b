/// How much is read before a text counts as broken.
public struct CSVLimits: Sendable {
  /// The longest field in bytes, without its quotes.
  ///
  /// Where a closing quote is missing, so much of what follows is taken for the field.
  public var fieldBytesMax = 64 * 1024
  /// The most fields of a record.
  public var fieldsMax = 1024
  /// The longest record in bytes, without quotes and commas.
  public var recordBytesMax = 1024 * 1024

  /// The defaults.
  public init() {}
}
