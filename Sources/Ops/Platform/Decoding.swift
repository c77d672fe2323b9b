import YAML

/// What is told of a key: the source of errors, documentation and a schema.
struct FieldDescription: Sendable {
  let key: String
  let help: String
  let schema: FieldSchema
  let isRequired: Bool
  /// The default as it would be written, nil where there is none.
  let defaultText: String?
}

/// The shape of a value.
indirect enum FieldSchema: Sendable {
  case text(wanted: String)
  case integer(ClosedRange<Int>)
  case number(min: Double)
  case boolean
  case choice([String])
  case list(FieldSchema)
  /// Keys that the file chooses.
  case dictionary(FieldSchema)
  /// Keys that are known.
  case object([FieldDescription])
  case either(FieldSchema, FieldSchema)
}

/// One reading of platform.yaml: collects problems instead of stopping at the first.
final class Decoding {
  let file: String
  private(set) var problems: Set<PlatformProblem> = []
  private var valuePaths: [YAMLMark: [String]] = [:]
  private var keyPaths: [YAMLMark: [String]] = [:]

  /// A reading of `root`, which came from `file`.
  init(file: String, root: YAMLNode) {
    self.file = file
    record(root, path: [])
  }

  func place(_ mark: YAMLMark) -> Finding.Place {
    Finding.Place(file: file, line: mark.line, column: mark.column)
  }

  /// The keys that lead to the value written at `mark`, nil where none begins there.
  func writtenPath(_ mark: YAMLMark) -> [String]? { valuePaths[mark] }

  /// Notes a problem of the value written at `mark`; `path` counts where none begins there.
  ///
  /// Values of `defaults` are read once for each environment: the written path makes their
  /// problems equal, and a set keeps one.
  func report(_ kind: PlatformProblem.Kind, at mark: YAMLMark, path: [String]) {
    problems.insert(
      PlatformProblem(place: place(mark), path: valuePaths[mark] ?? path, kind: kind))
  }

  /// Notes a problem of a key; `path` leads to its mapping.
  func report(_ kind: PlatformProblem.Kind, key pair: YAMLPair, path: [String]) {
    problems.insert(
      PlatformProblem(
        place: place(pair.keyMark), path: keyPaths[pair.keyMark] ?? path + [pair.key], kind: kind))
  }

  /// Whether this value, or one within it, could not be read.
  ///
  /// Rules leave such values alone: what they would judge is not what was meant.
  func isUnread(_ node: YAMLNode) -> Bool {
    let place = place(node.mark)
    return problems.contains { $0.place == place && !$0.kind.isRule }
      || (node.sequence ?? []).contains(where: isUnread)
      || (node.mapping ?? []).contains { isUnread($0.value) }
  }

  private func record(_ node: YAMLNode, path: [String]) {
    // An alias has the place of its anchor, which is recorded already.
    guard valuePaths[node.mark] == nil else { return }
    valuePaths[node.mark] = path
    for pair in node.mapping ?? [] {
      keyPaths[pair.keyMark] = path + [pair.key]
      record(pair.value, path: path + [pair.key])
    }
    for (index, element) in (node.sequence ?? []).enumerated() {
      record(element, path: path + [String(index)])
    }
  }
}
