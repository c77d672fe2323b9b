import Crypto
import SQL

/// Gives each row of a file a UUID that the same file gives it again: version 5 of what the row
/// says, and of how many rows before it said the same.
///
/// The name is the row in the bytes of a copy, so it is normalised: `22.5` years and `22` are one.
/// From the second such row on its number is added, in 4 bytes, big-endian.
///
/// https://www.rfc-editor.org/rfc/rfc9562#section-5.5
struct PersonIdentity: ~Copyable {
  /// a388cf83-bad1-4b79-963e-c087e085c5b4, made for this and nothing else.
  private static let namespace: [UInt8] = [
    0xa3, 0x88, 0xcf, 0x83, 0xba, 0xd1, 0x4b, 0x79, 0x96, 0x3e, 0xc0, 0x87, 0xe0, 0x85, 0xc5, 0xb4,
  ]

  private var sha1 = SHA1()
  private var occurrences = OccurrenceTable()

  /// The UUID of the next row of the file, whose fields are `content`.
  mutating func uuid(of content: Span<UInt8>) throws(OccurrenceTable.Full) -> UUID {
    let first = digest(content)
    let number = try occurrences.count(first.high ^ first.low)
    return UUID(version5: number == 1 ? first : digest(content, number))
  }

  private mutating func digest(_ content: Span<UInt8>, _ number: UInt32? = nil) -> SHA1.Digest {
    sha1.update(Self.namespace.span)
    sha1.update(content)
    if let number {
      let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
      sha1.update(bytes.span)
    }
    return sha1.finish()
  }
}

extension UUID {
  /// The UUID that is named by a digest.
  init(version5 digest: SHA1.Digest) {
    self.init(
      high: digest.high & 0xffff_ffff_ffff_0fff | 0x5000,
      low: digest.low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
  }
}
