import Core
import YAML

/// One reading of platform.yaml: collects problems instead of stopping at the first.
final class Decoding {
  let file: String
  /// Whether a key with an empty text is as good as a key that is not there: in values of a chart
  /// there is no other way to take a default back.
  let isEmptyAbsent: Bool
  private(set) var problems: [PlatformProblem] = []
  /// Whether what must be there may still come from elsewhere.
  private(set) var isPartial = false
  private var known: Set<PlatformProblem> = []
  /// Where the text itself is wrong: what stands there is not what was meant.
  private var unread: Set<YAMLMark> = []
  /// The keys that lead to each value.
  private(set) var valuePaths: [YAMLMark: [String]] = [:]
  private var keyPaths: [YAMLMark: [String]] = [:]

  /// A reading of `root`, which came from `file`; `errors` are of the text.
  init(
    file: String, root: YAMLNode, errors: [YAMLError] = [], isEmptyAbsent: Bool = false
  ) {
    self.file = file
    self.isEmptyAbsent = isEmptyAbsent
    record(root, path: [])
    for error in errors {
      unread.insert(error.mark)
      note(PlatformProblem(place: place(error.mark), path: [], kind: .syntax(error.sentence)))
    }
  }

  func place(_ mark: YAMLMark) -> Finding.Place {
    Finding.Place(file: file, line: mark.line, column: mark.column)
  }

  /// The keys that lead to the value written at `mark`, nil where none begins there.
  func writtenPath(_ mark: YAMLMark) -> [String]? { valuePaths[mark] }

  /// Whether a value is written in the environment itself and not in `defaults`.
  func isWritten(_ node: YAMLNode?, under environment: String) -> Bool {
    node.flatMap { writtenPath($0.mark) }?.starts(with: ["environments", environment]) ?? false
  }

  /// Reads what others are laid over: what is there must be right, and may be incomplete.
  func readPart(_ read: () -> Void) {
    isPartial = true
    read()
    isPartial = false
  }

  /// Notes a problem of the value written at `mark`; `path` counts where none begins there.
  ///
  /// Values of `defaults` are read once for each environment: the written path makes their
  /// problems equal, and a set keeps one.
  func report(_ kind: PlatformProblem.Kind, at mark: YAMLMark, path: [String]) {
    if unread.contains(mark) { return }
    note(PlatformProblem(place: place(mark), path: valuePaths[mark] ?? path, kind: kind))
  }

  /// Notes a problem of a key; `path` leads to its mapping.
  func report(_ kind: PlatformProblem.Kind, key pair: YAMLPair, path: [String]) {
    if unread.contains(pair.keyMark) { return }
    note(
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

  /// Whether a key that is not there may be what an unknown key beside it was meant for.
  func mayBeMisspelt(_ path: [String], in tree: YAMLNode) -> Bool {
    guard let depth = path.indices.first(where: { tree.value(at: path[...$0]) == nil })
    else { return false }
    return (tree.value(at: path[..<depth])?.mapping ?? []).contains { pair in
      let place = place(pair.keyMark)
      return problems.contains { problem in
        guard problem.place == place, case .unknownKey(let known) = problem.kind else {
          return false
        }
        return Suggestion.nearest(to: pair.key, in: known) == path[depth]
      }
    }
  }

  private func note(_ problem: PlatformProblem) {
    if known.insert(problem).inserted { problems.append(problem) }
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
