import JSON

/// How the files of a tree stand, for people and for machines.
struct TreeReport {
  let state: RenderedState
  /// Whether the files were brought up to date since.
  let isWritten: Bool

  /// The environments that have no files, and those that nothing can run yet.
  var notes: [String] {
    state.scope.environments.filter { $0.target == .local }.map {
      "\($0.name): nothing to render, the target is local"
    }
      + state.unpinned.map {
        "\($0): no image yet; production takes one by --image REPOSITORY@sha256:..."
      }
  }

  /// One line each for `states`, and one for each file that is left alone.
  func lines(_ verbs: [TreeOnDisk.State: String]) -> [String] {
    let named = state.disk.entries.compactMap { entry in
      verbs[entry.state].map { (verb: $0, path: entry.path) }
    }
    let width = named.map(\.verb.count).max() ?? 0
    return named.map { verb, path in
      "\(verb)\(String(repeating: " ", count: width - verb.count))  \(path)"
    }
  }

  /// `12 files, 1 written, 1 removed`.
  func summary(_ words: [(TreeOnDisk.State, String)]) -> String {
    let rendered = state.disk.entries.filter { $0.rendered != nil }.count
    let parts = words.compactMap { state, word -> String? in
      let count = self.state.disk.entries(state).count
      return count == 0 ? nil : "\(count) \(word)"
    }
    return ([counted(rendered, "file")] + parts).joined(separator: ", ")
  }

  var json: JSONValue {
    [
      "environments": .array(
        state.scope.environments.filter { $0.target != .local }.map { .string($0.name) }),
      "withoutImage": .array(state.unpinned.map { .string($0) }),
      "isWritten": .boolean(isWritten),
      "files": .array(
        state.disk.entries.map { ["path": .string($0.path), "state": .string($0.state.word)] }),
    ]
  }
}
