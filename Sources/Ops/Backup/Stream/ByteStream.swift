/// Bytes that come piece by piece: a program's output, a file, an object.
///
/// For one thread at a time, but for `cancel`.
protocol ByteStream: AnyObject, Sendable {
  /// The next piece; empty at the end and from then on.
  func next() throws -> [UInt8]

  /// Whether all of it came as it should: called once at its end, and throws what is wrong.
  ///
  /// The exit status of a program is looked at here: its output ends the same way however it ends.
  func finish() throws

  /// Ends it early, and what makes it.
  func cancel()
}
