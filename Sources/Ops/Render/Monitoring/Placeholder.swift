import YAML

/// What stands in rules and dashboard for that which differs from release to release.
///
/// The chart has both as files, so that they are written once; its templates put in the same as
/// `FillableText` does. As labels' values they are right in PromQL as they are, so that promtool
/// reads and tests the files themselves.
enum Placeholder: String {
  /// The release's full name, which is also the job under which its metrics are read.
  case service
  case namespace
  case runbooks

  /// As it is written.
  var text: String { "@\(rawValue)@" }
}

/// A text with placeholders.
struct FillableText: Sendable {
  /// Texts and names of placeholders in turn: nothing else in these texts has an @.
  private let pieces: [String]

  init(_ text: String) {
    pieces = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    let isWhole = pieces.count % 2 == 1
    precondition(isWhole, "an @ that begins no placeholder: \(text)")
  }

  var isFixed: Bool { pieces.count == 1 }

  /// The text with what holds for a release.
  func filled(for release: ChartRelease) -> String {
    var result = ""
    for (index, piece) in pieces.enumerated() {
      if index % 2 == 0 { result += piece } else { fill(piece, for: release, in: &result) }
    }
    return result
  }

  private func fill(_ name: String, for release: ChartRelease, in result: inout String) {
    switch Placeholder(rawValue: name) {
    case .service: result += release.fullName
    case .namespace: fillNamespace(release.namespace, in: &result)
    case .runbooks: result += release.values.monitoring.rules.runbooks
    case nil: preconditionFailure("no placeholder is called \(name)")
    }
  }

  /// Where the namespace is said later, every one fits until then.
  private func fillNamespace(_ namespace: String?, in result: inout String) {
    if let namespace {
      result += namespace
    } else if result.hasSuffix("=\"") {
      result.removeLast(2)
      result += "=~\".+"
    }
  }
}

/// A node with placeholders in its texts.
indirect enum FillableNode: Sendable {
  case text(FillableText)
  case fixed(YAMLNode)
  case sequence([FillableNode])
  case mapping([(String, FillableNode)])

  init(_ node: YAMLNode) {
    switch node.content {
    case .sequence(let nodes): self = .sequence(nodes.map(FillableNode.init))
    case .mapping(let pairs): self = .mapping(pairs.map { ($0.key, FillableNode($0.value)) })
    case .scalar(let scalar):
      let text = FillableText(scalar.text)
      self = text.isFixed ? .fixed(node) : .text(text)
    }
  }

  /// The node with what holds for a release.
  func filled(for release: ChartRelease) -> YAMLNode {
    switch self {
    case .text(let text): .string(text.filled(for: release))
    case .fixed(let node): node
    case .sequence(let nodes): .sequence(nodes.map { $0.filled(for: release) })
    case .mapping(let pairs): .mapping(pairs.map { ($0.0, $0.1.filled(for: release)) })
    }
  }
}
