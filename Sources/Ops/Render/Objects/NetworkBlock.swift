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

  /// Nil for a block that is a metadata address itself.
  init?(_ text: String) {
    if Self.metadata.contains(where: { Self.contains($0, text) }) { return nil }
    self.text = text
    except = Self.metadata.filter { Self.contains(text, $0) }
  }

  /// Whether every address of `inner` is in `outer`; blocks of two families share none.
  static func contains(_ outer: String, _ inner: String) -> Bool {
    guard let outer = Bits(outer), let inner = Bits(inner),
      outer.bits.count == inner.bits.count, outer.length <= inner.length
    else { return false }
    return outer.bits.prefix(outer.length) == inner.bits.prefix(outer.length)
  }

  /// An address bit by bit, and how many of them count.
  private struct Bits {
    let bits: [Bool]
    let length: Int

    init?(_ block: String) {
      let parts = block.split(separator: "/").map(String.init)
      guard parts.count == 2, let length = Int(parts[1]) else { return nil }
      let isOld = parts[0].contains(".")
      let groups = isOld ? parts[0].split(separator: ".").map { Int($0) } : Self.groups(parts[0])
      let width = isOld ? 8 : 16
      bits = groups.flatMap { group in
        (0..<width).reversed().map { (group ?? 0) >> $0 & 1 == 1 }
      }
      self.length = length
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
