import Core

/// Finds the route of a request.
///
/// A literal segment goes before a parameter, and a trailing slash does not matter. Nothing is
/// allocated on the way but what parameters stand for.
public struct Router: Sendable {
  private let tree = RouteTree()
  /// Every route, in the order given.
  public private(set) var routes: [Route] = []

  /// A router of `routes`.
  ///
  /// Two routes with the same method and shape are a mistake in the program and stop it.
  public init(_ routes: [Route]) {
    for route in routes { add(route) }
  }

  enum Match {
    case route(Route, [PathParameter])
    case notAllowed([Route])
    case notFound
    /// A segment that is no text: a malformed escape or bytes that are not UTF-8.
    case malformed
  }

  func match(_ method: Method, _ head: RequestHead) -> Match {
    let bytes = head.bytes
    var range = head.path
    let slash = UInt8(ascii: "/")
    if range.count > 1, bytes[range.upperBound - 1] == slash {
      range = range.lowerBound..<(range.upperBound - 1)
    }
    guard let path = Self.unescaped(bytes, range) else { return .malformed }
    guard !range.isEmpty, bytes[range.lowerBound] == slash else { return .notFound }
    var values: [String] = []
    guard let place = tree.find(path, from: path.range.lowerBound + 1, &values)
    else { return .notFound }
    return Self.choose(method, among: place.routes, values)
  }

  /// The path with its escapes replaced; nil where it is malformed.
  ///
  /// An escaped slash is no separator, so the separator of such a path is NUL, which no escape
  /// stands for.
  private static func unescaped(_ bytes: [UInt8], _ range: Range<Int>) -> RouteTree.Path? {
    let slash = UInt8(ascii: "/")
    let isPlain = !bytes[range].contains { $0 == UInt8(ascii: "%") || $0 >= 0x80 }
    if isPlain { return RouteTree.Path(bytes: bytes, range: range, separator: slash) }
    var plain: [UInt8] = []
    for (index, segment) in bytes[range].split(
      separator: slash, omittingEmptySubsequences: false
    ).enumerated() {
      guard let text = PercentEncoding.decode(segment) else { return nil }
      if index > 0 { plain.append(0) }
      plain += text.utf8
    }
    return RouteTree.Path(bytes: plain, range: plain.indices, separator: 0)
  }

  /// HEAD is answered by GET's route: the server leaves the body out.
  private static func choose(
    _ method: Method, among routes: [Route], _ values: [String]
  ) -> Match {
    let chosen =
      routes.first { $0.method == method }
      ?? (method == .head ? routes.first { $0.method == .get } : nil)
    guard let chosen else { return .notAllowed(routes) }
    var parameters: [PathParameter] = []
    parameters.reserveCapacity(values.count)
    for (name, value) in zip(chosen.parameterNames, values) {
      parameters.append(PathParameter(name: name, value: value))
    }
    return .route(chosen, parameters)
  }

  /// The methods of `routes` as `Allow` lists them.
  static func allowed(_ routes: [Route]) -> String {
    var names = Set(routes.map(\.method.rawValue))
    if names.contains("GET") { names.insert("HEAD") }
    names.insert("OPTIONS")
    return names.sorted().joined(separator: ", ")
  }

  private mutating func add(_ route: Route) {
    precondition(route.template.hasPrefix("/"), "a template begins with /: \(route.template)")
    let others = tree.add(route, Route.segments(route.template)[...])
    precondition(
      !others.contains { $0.method == route.method },
      "two routes for \(route.method) \(route.template)")
    routes.append(route)
  }
}
