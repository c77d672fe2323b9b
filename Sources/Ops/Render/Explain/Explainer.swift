import Core
import YAML

/// Tells of values in platform.yaml: what they are and where they come from.
struct Explainer {
  let platform: Platform

  /// What is told of the value under a path such as `production.rollout.soak`, or of each below it.
  ///
  /// A key may be left out between others: `production.memory` is every memory of production.
  func explain(_ path: String) throws -> [Explanation] {
    var keys = path.split(separator: ".").map(String.init)[...]
    if keys.first == Platform.environmentsKey { keys.removeFirst() }
    guard let first = keys.popFirst() else {
      throw UnknownKey(path: [], key: path, known: roots)
    }
    let (root, derived) = try root(first)
    return try find(keys, below: root).flatMap(\.leaves).map { explanation($0, derived) }
  }

  private var roots: [String] {
    platform.environments.map(\.name) + [Platform.serviceKey, Platform.defaultsKey]
  }

  /// What the first key names, and the values of its keys that follow from others.
  private func root(_ name: String) throws -> (ExplainedEntry, [String: YAMLNode]) {
    let isEnvironment = platform.environments.contains { $0.name == name }
    if !isEnvironment, let field = Platform.fields.first(where: { $0.key == name }),
      case .object(let fields) = field.schema
    {
      let node = platform.root[name] ?? .mapping([])
      return (ExplainedEntry(path: [name], fields: fields, help: field.help, node: node), [:])
    }
    let environment = try platform.environment(name)
    let entry = ExplainedEntry(
      path: [name], fields: EnvironmentFields.fields, help: "", node: try platform.tree(name))
    return (entry, environment.derived)
  }

  private func find(
    _ keys: ArraySlice<String>, below entry: ExplainedEntry
  ) throws(UnknownKey) -> [ExplainedEntry] {
    guard let key = keys.first else { return [entry] }
    let children = entry.children
    // Keys of labels have dots of their own: the longest one that is there is meant.
    for count in (1...keys.count).reversed() {
      let joined = keys.prefix(count).joined(separator: ".")
      if let child = children.first(where: { $0.path.last == joined }) {
        return try find(keys.dropFirst(count), below: child)
      }
    }
    let deeper = Self.descendants(of: entry).filter { $0.path.suffix(keys.count) == keys }
    if !deeper.isEmpty { return deeper }
    throw UnknownKey(path: entry.path, key: key, known: children.compactMap(\.path.last))
  }

  private static func descendants(of entry: ExplainedEntry) -> [ExplainedEntry] {
    entry.children.flatMap { [$0] + descendants(of: $0) }
  }

  private func explanation(
    _ entry: ExplainedEntry, _ derived: [String: YAMLNode]
  ) -> Explanation {
    var value = entry.node
    let origin: Explanation.Origin
    if let node = entry.node, entry.isWritten {
      origin = written(node, entry.path)
    } else {
      switch entry.absence {
      case .value: origin = .standard
      case .told(let words):
        value = derived[entry.path.dropFirst().joined(separator: ".")]
        origin = value == nil ? .nothing : .derived(words)
      case .error, .nothing, .mapping: origin = .nothing
      }
    }
    var standard: String?
    if case .value(let text, _) = entry.absence { standard = text }
    if case .told(let words) = entry.absence { standard = words }
    return Explanation(
      path: entry.path, value: value, origin: origin, wanted: entry.schema.wantedInFull,
      defaultText: standard, help: entry.help)
  }

  private func written(_ node: YAMLNode, _ path: [String]) -> Explanation.Origin {
    let section = platform.writtenPath(of: node)
    let isEnvironment = section.first == Platform.environmentsKey
    let under =
      isEnvironment ? platform.root[Platform.defaultsKey]?.value(at: path.dropFirst()) : nil
    let replaced = under.flatMap { under in
      under.mapping == nil && under.scalar?.kind != .null
        ? Explanation.Replaced(value: YAMLWriter.inline(under), place: platform.place(of: under))
        : nil
    }
    return .written(
      platform.place(of: node), section: Array(section.prefix(isEnvironment ? 2 : 1)),
      instead: replaced)
  }
}

/// A key that platform.yaml does not know.
struct UnknownKey: Error, Equatable {
  /// The keys that lead to its mapping.
  let path: [String]
  let key: String
  let known: [String]
}

extension UnknownKey: ReportableError {
  var exitCode: ExitCode { .usage }

  var findings: [Finding] {
    let place = path.joined(separator: ".")
    let near = Suggestion.nearest(to: key, in: known).map { word in
      "did you mean '\((path + [word]).joined(separator: "."))'?"
    }
    let all = known.isEmpty ? "nothing is below it" : "known here: \(known.joined(separator: ", "))"
    return [
      Finding(
        message: place.isEmpty ? "'\(key)' names no value" : "\(place) has no '\(key)'",
        hints: (near.map { [$0] } ?? []) + [all])
    ]
  }
}

extension Environment {
  /// The values of keys that follow from others where nothing is written.
  fileprivate var derived: [String: YAMLNode] {
    var values: [String: YAMLNode] = [
      "port": .integer(port), "grace": .string(DurationText.format(grace)),
      "settings": .string(settings.rawValue), "auth": .string(auth.rawValue),
    ]
    values["host"] = host.map { .string($0) }
    return values.merging(derivedResources) { $1 }
  }

  /// What the chart grants where the environment says nothing.
  private var derivedResources: [String: YAMLNode] {
    guard target != .local, let own = ResourceValues.defaults,
      let server = DatabaseResourceValues.defaults
    else { return [:] }
    var amounts = [
      "resources.requests.cpu": own.requests.processor,
      "resources.requests.memory": own.requests.memory,
      "resources.limits.memory": own.limits.memory,
    ]
    if database.mode == .bundled || database.mode == .cloudNativePG {
      let path = "database.resources"
      amounts["\(path).requests.cpu"] = server.requests.processor
      amounts["\(path).requests.memory"] = server.requests.memory
      amounts["\(path).limits.memory"] =
        database.resources?.requests.memory ?? server.requests.memory
    }
    return amounts.mapValues { .string($0.text) }
  }
}
