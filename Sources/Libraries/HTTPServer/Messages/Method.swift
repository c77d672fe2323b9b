/// A request method; the set is open, so a method nobody knows is a value too.
public struct Method: RawRepresentable, Sendable, Hashable {
  /// The name as it was sent; methods are case-sensitive.
  public let rawValue: String

  /// The method called `rawValue`.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Reads a representation.
  public static let get = Method(rawValue: "GET")
  /// As GET, without the body.
  public static let head = Method(rawValue: "HEAD")
  /// Creates or does.
  public static let post = Method(rawValue: "POST")
  /// Creates or replaces under a known name.
  public static let put = Method(rawValue: "PUT")
  /// Changes a part.
  public static let patch = Method(rawValue: "PATCH")
  /// Removes.
  public static let delete = Method(rawValue: "DELETE")
  /// Asks what is allowed.
  public static let options = Method(rawValue: "OPTIONS")
}

extension Method: CustomStringConvertible {
  /// The name.
  public var description: String { rawValue }
}
