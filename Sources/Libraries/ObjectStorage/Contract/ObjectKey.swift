/// The name of an object: parts with slashes between them, as in `backups/2026/manifest.json`.
///
/// Only what every store keeps apart and gives back unchanged: no empty part, no `.` and no `..`,
/// no control characters, at most `bytesMax` bytes, none of a part's more than `partBytesMax`.
/// Two keys are equal where their bytes are, unlike texts.
public struct ObjectKey: Sendable {
  /// Most bytes of a key, which is what S3 and GCS allow.
  public static let bytesMax = 1024
  /// Most bytes between two slashes, which is what file systems allow.
  public static let partBytesMax = 255

  /// The key as text.
  public let text: String

  /// The key of that text, nil where some store could not keep it.
  public init?(_ text: String) {
    guard !text.isEmpty, text.utf8.count <= Self.bytesMax else { return nil }
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    for part in parts {
      guard !part.isEmpty, part.count <= Self.partBytesMax,
        !part.elementsEqual(".".utf8), !part.elementsEqual("..".utf8),
        !part.contains(where: { $0 < 0x20 || $0 == 0x7F })
      else { return nil }
    }
    self.text = text
  }

  /// This key under `prefix`, which ends with a slash or is empty.
  func under(_ prefix: String) -> ObjectKey? { ObjectKey(prefix + text) }
}

extension ObjectKey: Hashable, Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
  /// A key that is written in the program and known to be right.
  public init(stringLiteral text: String) {
    guard let key = ObjectKey(text) else { preconditionFailure("'\(text)' is no key") }
    self = key
  }

  /// The text.
  public var description: String { text }

  /// Whether both have the same bytes.
  public static func == (left: ObjectKey, right: ObjectKey) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  /// Orders keys by their bytes, as stores list them.
  public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

extension String {
  /// Whether it begins with the bytes of `prefix`; `hasPrefix` compares what readers see.
  func beginsWithBytes(of prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }
}
