import Crypto

/// A stream whose length and digest are known before.
final class CheckedStream: ByteStream {
  private let source: any ByteStream
  private let expected: BackupFile.Extent
  private let key: String
  private var bytes: Int64 = 0
  private var digest: SHA256? = SHA256()

  /// What `source` gives, which has to be `expected`; `key` names the object in errors.
  init(_ source: any ByteStream, _ expected: BackupFile.Extent, of key: String) {
    self.source = source
    self.expected = expected
    self.key = key
  }

  func next() throws -> [UInt8] {
    let piece = try source.next()
    bytes += Int64(piece.count)
    digest?.update(piece)
    if bytes > expected.bytes { throw BackupError.notWhatWasWritten(key) }
    return piece
  }

  func finish() throws {
    try source.finish()
    guard let found = digest.take()?.finish(), bytes == expected.bytes,
      Hexadecimal.encode(found) == expected.sha256
    else { throw BackupError.notWhatWasWritten(key) }
  }

  func discard() { source.discard() }
}
