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

  /// The end comes only where all was right: a program that reads this never sees the end of what
  /// was not, and its own failure hides no other.
  func next() throws -> [UInt8] {
    let piece = try source.next()
    bytes += Int64(piece.count)
    digest?.update(piece)
    if bytes > expected.bytes { throw BackupError.notWhatWasWritten(key) }
    if piece.isEmpty { try end() }
    return piece
  }

  func finish() throws { try end() }

  private func end() throws {
    guard let found = digest.take()?.finish() else { return }
    do {
      try source.finish()
    } catch BackupError.program(let program) {
      throw RestoreError.programFailed(program.program, program.cause)
    }
    guard bytes == expected.bytes, Hexadecimal.encode(found) == expected.sha256 else {
      throw BackupError.notWhatWasWritten(key)
    }
  }

  func discard() { source.discard() }
}

extension BackupError.ProgramEnd {
  /// What the program says is the cause, or else how it ended.
  fileprivate var cause: String {
    lines.first { $0.lowercased().contains("error:") } ?? lines.last ?? "\(exit)"
  }
}
