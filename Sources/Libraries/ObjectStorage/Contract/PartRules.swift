/// What a store asks of the parts of an upload.
public struct PartRules: Sendable, Equatable {
  /// Fewest bytes of a part that is not the last.
  public let partBytesMin: Int64
  /// Most bytes of a part.
  public let partBytesMax: Int64
  /// Most parts of an object.
  public let partsMax: Int

  /// Rules.
  public init(partBytesMin: Int64, partBytesMax: Int64, partsMax: Int) {
    self.partBytesMin = partBytesMin
    self.partBytesMax = partBytesMax
    self.partsMax = partsMax
  }

  /// What a part has at least: smaller ones cost requests and gain nothing.
  public static let partBytesFloor: Int64 = 16 * 1024 * 1024

  /// The one length of all parts but the last, for a stream of about `expected` bytes.
  ///
  /// Fixed before the first byte, as some stores want equal parts. A fifth more than expected fits
  /// into four fifths of the parts, so that a stream may be half as long again. In whole mebibytes.
  public func partBytes(expecting expected: Int64) -> Int64 {
    let mebibyte: Int64 = 1024 * 1024
    let usable = Double(partsMax) * 0.8
    let needed = Int64((Double(max(0, expected)) * 1.2 / usable).rounded(.up))
    let rounded = (needed + mebibyte - 1) / mebibyte * mebibyte
    return min(partBytesMax, max(partBytesMin, Self.partBytesFloor, rounded))
  }

  /// Most bytes of an object in parts of that length.
  public func objectBytesMax(partBytes: Int64) -> Int64 { partBytes * Int64(partsMax) }
}
