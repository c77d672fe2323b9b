import Crypto

/// Counts and digests what goes through it.
final class DigestingStream: ByteStream {
  private let upstream: any ByteStream
  private var digest: SHA256? = SHA256()
  private var bytes: Int64 = 0

  init(_ upstream: any ByteStream) { self.upstream = upstream }

  /// All that went through; asked for once, at the end.
  func extent() -> BackupFile.Extent {
    guard let digest = digest.take() else { preconditionFailure("a digest is asked for once") }
    return BackupFile.Extent(bytes: bytes, sha256: Hexadecimal.encode(digest.finish()))
  }

  func next() throws -> [UInt8] {
    let piece = try upstream.next()
    digest?.update(piece)
    bytes += Int64(piece.count)
    return piece
  }

  func finish() throws { try upstream.finish() }

  func discard() { upstream.discard() }
}
