/// The keys that tokens may be signed with.
public struct TokenKeySet: Sendable {
  /// All of them, in the order of their source.
  public let keys: [TokenKey]

  /// Keys that are tried for one token: those without a name of their own, such as a secret and
  /// the one before it.
  public static let trialsMax = 4

  /// A set of `keys`.
  public init(_ keys: [TokenKey] = []) { self.keys = keys }

  /// The keys of both.
  public static func + (left: TokenKeySet, right: TokenKeySet) -> TokenKeySet {
    TokenKeySet(left.keys + right.keys)
  }

  /// Whether there is none.
  public var isEmpty: Bool { keys.isEmpty }

  /// Whether the key that the token names is here, or the token names none.
  ///
  /// Where it is not, keys without a name were tried in vain, and a newer set may have it.
  func isNamed(_ header: TokenHeader) -> Bool {
    guard let wanted = header.keyIdentifier else { return true }
    return keys.contains { key in key.identifier.map { isSame($0, wanted) } ?? false }
  }

  /// The keys that may have signed a token with this header, never none.
  ///
  /// A token that names no key can be meant for the only one of its algorithm; where several have
  /// names, it is refused instead of tried with all.
  func candidates(_ header: TokenHeader) throws(TokenRefusal) -> ArraySlice<TokenKey> {
    let fitting = keys.filter { $0.algorithm == header.algorithm }
    let named = fitting.filter { $0.identifier != nil }
    let unnamed = fitting.filter { $0.identifier == nil }
    var candidates: [TokenKey] = []
    if let wanted = header.keyIdentifier {
      candidates = named.filter { isSame($0.identifier ?? "", wanted) }
    } else if named.count == 1 {
      candidates = named
    } else if unnamed.isEmpty, named.count > 1 {
      throw .keyNotNamed
    }
    // The named one first: it must not be cut off by those that are only tried.
    candidates += unnamed
    guard !candidates.isEmpty else { throw .keyUnknown }
    return candidates.prefix(Self.trialsMax)
  }
}

/// Whether two texts are the same bytes: Swift compares characters, and would take a letter with
/// its accent for the two beside each other.
func isSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
