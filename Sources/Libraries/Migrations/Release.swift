/// A release's number, ordered by its parts.
public struct Release: Sendable, Hashable, Comparable, CustomStringConvertible {
  private let parts: [Int]

  /// Reads three whole numbers between dots, such as `2026.11.0`.
  public init?(_ text: some StringProtocol) {
    let words = text.split(separator: ".", omittingEmptySubsequences: false)
    let parts = words.compactMap { word in
      word.allSatisfy { $0.isASCII && $0.isNumber } ? Int(word) : nil
    }
    guard words.count == 3, parts.count == 3 else { return nil }
    self.parts = parts
  }

  /// The numbers with dots.
  public var description: String { parts.map(String.init).joined(separator: ".") }

  /// Orders by year, month and number.
  public static func < (left: Release, right: Release) -> Bool {
    left.parts.lexicographicallyPrecedes(right.parts)
  }
}
