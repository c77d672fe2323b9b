/// An element of an XML document: its name, its text and the elements in it.
///
/// Attributes, comments and prefixes of namespaces are not kept: the answers that are read here say
/// nothing with them.
public struct XMLElement: Sendable, Equatable {
  /// The name without a prefix.
  public let name: String
  /// The text that stands directly in it, as written, between its elements too.
  public internal(set) var text = ""
  /// The elements directly in it, in their order.
  public internal(set) var children: [XMLElement] = []

  /// An element that is empty.
  init(name: String) { self.name = name }

  /// The first element of that name directly in this one.
  public subscript(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  /// Every element of that name directly in this one.
  public func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}
