/// Bytes that come piece by piece: a program's output, a file, an object.
///
/// For one thread. What is not read to its end is given up by `discard`.
protocol ByteStream: AnyObject {
  /// The next piece; empty at the end and from then on.
  func next() throws -> [UInt8]

  /// Whether all of it came as it should: called once at its end, and throws what is wrong.
  ///
  /// The exit status of a program is looked at here: its output ends the same way however it ends.
  func finish() throws

  /// Gives it up before its end, and ends what makes it.
  func discard()
}
