/// The segments of templates as a tree, in which a literal goes before a parameter.
///
/// `@unchecked Sendable`: grows while a `Router` is made and never changes afterwards.
final class RouteTree: @unchecked Sendable {
  /// A path to look for: its segments, unescaped, and the byte between them.
  struct Path {
    let bytes: [UInt8]
    let range: Range<Int>
    let separator: UInt8
  }

  private var literals: [(name: [UInt8], below: RouteTree)] = []
  private var parameter: RouteTree?
  private(set) var routes: [Route] = []

  /// Adds `route` below and gives the routes that were at its place before.
  func add(_ route: Route, _ segments: ArraySlice<String>) -> [Route] {
    guard let segment = segments.first else {
      defer { routes.append(route) }
      return routes
    }
    return below(segment).add(route, segments.dropFirst())
  }

  private func below(_ segment: String) -> RouteTree {
    if Route.parameterName(segment) != nil {
      let tree = parameter ?? RouteTree()
      parameter = tree
      return tree
    }
    let name = Array(segment.utf8)
    if let known = literals.first(where: { $0.name == name }) { return known.below }
    let tree = RouteTree()
    literals.append((name, tree))
    return tree
  }

  /// The place of the path from `start` on; what parameters stand for is left in `values`.
  func find(_ path: borrowing Path, from start: Int, _ values: inout [String]) -> RouteTree? {
    guard start <= path.range.upperBound else { return routes.isEmpty ? nil : self }
    var stop = start
    while stop < path.range.upperBound, path.bytes[stop] != path.separator { stop += 1 }
    for index in literals.indices where Self.same(literals[index].name, path.bytes, start, stop) {
      if let found = literals[index].below.find(path, from: stop + 1, &values) { return found }
    }
    guard start < stop, let parameter else { return nil }
    values.append(String(decoding: path.bytes[start..<stop], as: UTF8.self))
    if let found = parameter.find(path, from: stop + 1, &values) { return found }
    values.removeLast()
    return nil
  }

  private static func same(
    _ name: borrowing [UInt8], _ bytes: borrowing [UInt8], _ start: Int, _ stop: Int
  ) -> Bool {
    guard name.count == stop - start else { return false }
    for index in 0..<name.count where name[index] != bytes[start + index] { return false }
    return true
  }
}
