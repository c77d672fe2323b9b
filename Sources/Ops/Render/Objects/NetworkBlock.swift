/// A block of addresses as a rule of a NetworkPolicy has it: without the metadata services of
/// clouds, which hand the node's credentials to whoever asks.
///
/// https://owasp.org/www-community/attacks/Server_Side_Request_Forgery
struct NetworkBlock: Sendable, Equatable {
  /// The metadata address of each family.
  static let metadata = ["169.254.169.254/32", "fd00:ec2::254/128"]

  let text: String
  /// What is left out of it.
  let except: [String]

  private static let metadataBits = metadata.compactMap(Bits.init)

  /// Nil for a block that is a metadata address itself.
  init?(_ text: String) {
    let bits = Bits(text)
    if let bits, Self.metadataBits.contains(where: { $0.contains(bits) }) { return nil }
    self.text = text
    except = zip(Self.metadata, Self.metadataBits).filter { bits?.contains($1) ?? false }.map(\.0)
  }

  /// An address as the number that it is, and how many of its bits count.
  private struct Bits {
    let number: UInt128
    /// Of addresses of its family.
    let width: Int
    let length: Int

    init?(_ block: String) {
      let parts = block.split(separator: "/").map(String.init)
      guard parts.count == 2, let length = Int(parts[1]) else { return nil }
      let isOld = parts[0].contains(".")
      let groups = isOld ? parts[0].split(separator: ".").map { Int($0) } : Self.groups(parts[0])
      let groupWidth = isOld ? 8 : 16
      let groupMax = 1 << groupWidth - 1
      number = groups.reduce(0) { $0 << groupWidth | UInt128(($1 ?? 0) & groupMax) }
      width = groups.count * groupWidth
      self.length = length
    }

    /// Whether every address of `other` is in this block; those of two families share none.
    func contains(_ other: Bits) -> Bool {
      width == other.width && length <= other.length
        && (number ^ other.number) >> (width - length) == 0
    }

    /// The eight groups of an IPv6 address, the gap filled.
    private static func groups(_ text: String) -> [Int?] {
      let halves = text.split(separator: "::", omittingEmptySubsequences: false).map { half in
        half.split(separator: ":").map { Int($0, radix: 16) }
      }
      let known = halves.reduce(0) { $0 + $1.count }
      let gap = [Int?](repeating: 0, count: max(0, 8 - known))
      return (halves.first ?? []) + gap + (halves.count > 1 ? halves[1] : [])
    }
  }
}
