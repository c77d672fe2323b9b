import Core

/// Finds the route of a request.
///
/// Paths without parameters are found in one look-up; the others by walking a tree of segments, in
/// which a literal segment goes before a parameter. A trailing slash does not matter.
public struct Router: Sendable {
  private var root = Node()
  private var literals: [String: [Route]] = [:]
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
    let path = head.bytes[head.path]
    var trimmed = path
    if trimmed.count > 1, trimmed.last == UInt8(ascii: "/") { trimmed = trimmed.dropLast() }
    if let routes = literals[String(decoding: trimmed, as: UTF8.self)] {
      return Self.choose(method, among: routes, [])
    }
    var segments: [String] = []
    for segment in trimmed.dropFirst().split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    {
      guard let text = PercentEncoding.decode(segment) else { return .malformed }
      segments.append(text)
    }
    guard path.first == UInt8(ascii: "/"), let node = root.find(segments[...])
    else { return .notFound }
    return Self.choose(method, among: node.routes, segments)
  }

  /// HEAD is answered by GET's route: the server leaves the body out.
  private static func choose(
    _ method: Method, among routes: [Route], _ segments: [String]
  ) -> Match {
    let chosen =
      routes.first { $0.method == method }
      ?? (method == .head ? routes.first { $0.method == .get } : nil)
    guard let chosen else { return .notAllowed(routes) }
    guard !segments.isEmpty else { return .route(chosen, []) }
    let parameters = zip(Self.segments(chosen.template), segments).compactMap { name, value in
      Self.parameterName(name).map { PathParameter(name: $0, value: value) }
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
    let segments = Self.segments(route.template)
    let others = root.add(route, segments[...])
    precondition(
      !others.contains { $0.method == route.method },
      "two routes for \(route.method) \(route.template)")
    routes.append(route)
    if !segments.contains(where: { Self.parameterName($0) != nil }) {
      literals[route.template] = others + [route]
    }
  }

  private static func segments(_ template: String) -> [String] {
    template.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
  }

  fileprivate static func parameterName(_ segment: String) -> String? {
    segment.hasPrefix("{") && segment.hasSuffix("}")
      ? String(segment.dropFirst().dropLast()) : nil
  }
}

/// One segment of the tree.
private struct Node: Sendable {
  var literals: [String: Node] = [:]
  var parameter: [Node] = []
  var routes: [Route] = []

  /// Adds `route` below and gives the routes that were at its place before.
  mutating func add(_ route: Route, _ segments: ArraySlice<String>) -> [Route] {
    guard let segment = segments.first else {
      defer { routes.append(route) }
      return routes
    }
    if Router.parameterName(segment) != nil {
      if parameter.isEmpty { parameter.append(Node()) }
      return parameter[0].add(route, segments.dropFirst())
    }
    return literals[segment, default: Node()].add(route, segments.dropFirst())
  }

  func find(_ segments: ArraySlice<String>) -> Node? {
    guard let segment = segments.first else { return routes.isEmpty ? nil : self }
    let rest = segments.dropFirst()
    if let found = literals[segment]?.find(rest) { return found }
    return segment.isEmpty ? nil : parameter.first?.find(rest)
  }
}
