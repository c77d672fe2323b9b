import Core
import POSIX
import YAML

/// platform.yaml: the one typed source for every environment.
struct Platform: Sendable {
  /// The file's name unless a command names another.
  static let fileName = "platform.yaml"

  let file: String
  let service: Service
  /// In the order of the file; never empty.
  let environments: [Environment]
  /// The whole file, with the marks of where values were written.
  let root: YAMLNode
  /// Each environment laid over the defaults; values keep their marks.
  private let trees: [String: YAMLNode]
  private let writtenPaths: [YAMLMark: [String]]

  /// Reads the file at `path`; errors and origins name it as `file`.
  static func load(_ path: String, as file: String = fileName) throws -> Platform {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try File.read(path, limit: YAMLLimits().bytesMax)
    } catch {
      throw PlatformUnreadable(file: file, error: error)
    }
    return try Platform(bytes, file: file)
  }

  /// Reads the text, or throws all that is wrong with it.
  init(_ bytes: [UInt8], file: String = fileName) throws(PlatformError) {
    let (root, errors) = try Self.parse(bytes, file: file)
    if root.scalar?.kind == .null { throw Self.emptiness(of: file, at: root.mark) }
    let decoding = Decoding(file: file, root: root, errors: errors)
    let read = FieldType<PlatformFields>.object.read(root, decoding, [])
    if let defaults = root[Self.defaultsKey], defaults.mapping != nil {
      // No environment may use a key, and it is a mistake all the same.
      decoding.readPart {
        _ = FieldType<EnvironmentFields>.object.read(defaults, decoding, [Self.defaultsKey])
      }
    }
    let service = read?.service
    var environments: [Environment] = []
    var trees: [String: YAMLNode] = [:]
    var entrances = Entrances(decoding: decoding, servicePort: service?.port)
    for pair in root[Self.environmentsKey]?.mapping ?? [] {
      let tree = (root[Self.defaultsKey] ?? .mapping([])).overlaid(with: pair.value)
      trees[pair.key] = tree
      guard let (fields, target) = Self.fields(of: pair, tree, decoding) else { continue }
      entrances.add(pair.key, fields, target, tree)
      if let service, let environment = Environment(pair.key, fields, target, service) {
        environments.append(environment)
      }
    }
    guard decoding.problems.isEmpty, let service else { throw PlatformError(decoding.problems) }
    self.file = file
    self.service = service
    self.environments = environments
    self.root = root
    self.trees = trees
    writtenPaths = decoding.valuePaths
  }

  /// The environment of this name.
  func environment(_ name: String) throws(UnknownEnvironment) -> Environment {
    guard let found = environments.first(where: { $0.name == name }) else {
      throw UnknownEnvironment(name: name, known: environments.map(\.name), file: file)
    }
    return found
  }

  /// The environment of this name laid over the defaults.
  func tree(_ environment: String) throws(UnknownEnvironment) -> YAMLNode {
    trees[try self.environment(environment).name] ?? .mapping([])
  }

  /// The keys that lead to where the value of `node` is written, which is elsewhere for an alias.
  func writtenPath(of node: YAMLNode) -> [String] { writtenPaths[node.mark] ?? [] }

  /// Where the value of `node` is written.
  func place(of node: YAMLNode) -> Finding.Place {
    Finding.Place(file: file, line: node.mark.line, column: node.mark.column)
  }

  /// Where the value that counts for `path` in an environment is written; nil for a default.
  func origin(of path: [String], in environment: String) -> Finding.Place? {
    trees[environment]?.value(at: path).map(place)
  }

  /// The file as far as it can be read, with what is wrong with its text.
  private static func parse(
    _ bytes: [UInt8], file: String
  ) throws(PlatformError) -> (YAMLNode, [YAMLError]) {
    let reading = YAMLReader.examine(bytes)
    if let node = reading.node { return (node, reading.problems) }
    throw PlatformError(
      reading.problems.map { error in
        let place = Finding.Place(file: file, line: error.mark.line, column: error.mark.column)
        return PlatformProblem(place: place, path: [], kind: .syntax(error.sentence))
      })
  }

  /// Says so in place of a missing mapping: an empty file is often one that was cut short.
  private static func emptiness(of file: String, at mark: YAMLMark) -> PlatformError {
    let place = Finding.Place(file: file, line: mark.line, column: mark.column)
    let sentence = "the file is empty; wanted: a mapping with the keys service and environments"
    return PlatformError([PlatformProblem(place: place, path: [], kind: .syntax(sentence))])
  }

  private static func fields(
    of pair: YAMLPair, _ tree: YAMLNode, _ decoding: Decoding
  ) -> (EnvironmentFields, Environment.Target)? {
    let path = ["environments", pair.key]
    if !HostName.isLabel(pair.key) {
      let wanted = TextForm.label.wanted
      decoding.report(
        .notAllowed(shown: pair.key, wanted: wanted, hint: nil), key: pair,
        path: ["environments"])
    }
    let read = FieldType<EnvironmentFields>.object.read(tree, decoding, path)
    guard let fields = read, let target = fields.target else { return nil }
    EnvironmentRules(
      name: pair.key, fields: fields, target: target, tree: tree, decoding: decoding
    ).check()
    return (fields, target)
  }
}

extension Environment {
  /// What the keys of one environment say, with what they leave to others.
  fileprivate init?(
    _ name: String, _ fields: EnvironmentFields, _ target: Target, _ service: Service
  ) {
    guard let resources = fields.resources, let database = fields.database,
      let rollout = fields.rollout, let network = fields.network, let pod = fields.pod,
      let account = fields.serviceAccount, let external = fields.externalSecrets,
      let vault = fields.vault, let migrations = fields.migrations
    else { return nil }
    let isLocal = target == .local
    self.init(
      name: name, target: target, context: isLocal ? nil : fields.context,
      namespace: isLocal ? nil : fields.namespace,
      host: fields.host ?? (isLocal ? Environment.localHost : nil),
      port: isLocal ? fields.port ?? service.port : service.port, tls: isLocal ? nil : fields.tls,
      replicas: fields.replicas, autoscale: isLocal ? nil : fields.autoscale, resources: resources,
      drain: fields.drain,
      grace: fields.grace ?? EnvironmentRules.graceNeeded(drain: fields.drain, target: target),
      database: database, secrets: fields.secrets, externalSecrets: external, vault: vault,
      variables: fields.variables, rollout: rollout,
      backup: fields.backup,
      settings: fields.settings ?? Environment.settings(named: name, target: target),
      auth: fields.auth ?? (fields.secrets["jwt"] == nil ? .off : .writes),
      ingress: fields.ingress, gateway: fields.gateway, network: network, pod: pod,
      monitoring: fields.monitoring, serviceAccount: account, migrations: migrations,
      labels: fields.labels, annotations: fields.annotations)
  }
}

/// Where clients come in and where objects are: two environments behind one entrance would serve
/// each other's, and in one namespace replace each other's.
private struct Entrances {
  let decoding: Decoding
  /// Nil where the service could not be read.
  let servicePort: Int?
  private var owners: [String: String] = [:]
  private var namespaceOwners: [[String]: String] = [:]

  init(decoding: Decoding, servicePort: Int?) {
    self.decoding = decoding
    self.servicePort = servicePort
  }

  mutating func add(
    _ name: String, _ fields: EnvironmentFields, _ target: Environment.Target, _ tree: YAMLNode
  ) {
    let isLocal = target == .local
    if !isLocal { addNamespace(name, fields, tree) }
    guard let entrance = isLocal ? address(fields) : fields.host?.lowercased(),
      let other = owners.updateValue(name, forKey: entrance)
    else { return }
    let mark = (tree["host"] ?? (isLocal ? tree["port"] : nil) ?? tree).mark
    decoding.report(
      .rule(.hostShared(entrance, with: other)), at: mark, path: ["environments", name, "host"])
  }

  private mutating func addNamespace(
    _ name: String, _ fields: EnvironmentFields, _ tree: YAMLNode
  ) {
    guard let context = fields.context, let namespace = fields.namespace,
      let other = namespaceOwners.updateValue(name, forKey: [context, namespace])
    else { return }
    let key = ["namespace", "context"].first { decoding.isWritten(tree[$0], under: name) }
    decoding.report(
      .rule(.namespaceShared(namespace, context: context, with: other)),
      at: (key.flatMap { tree[$0] } ?? tree).mark,
      path: ["environments", name] + (key.map { [$0] } ?? []))
  }

  private func address(_ fields: EnvironmentFields) -> String? {
    (fields.port ?? servicePort).map { "\(fields.host ?? Environment.localHost):\($0)" }
  }
}

extension Platform {
  static let serviceKey = "service"
  static let defaultsKey = "defaults"
  static let environmentsKey = "environments"

  /// What is told of the keys of the file.
  static var fields: [FieldDescription] { PlatformFields.fields }
}

/// The keys of the file itself; environments are read one by one, laid over the defaults.
private struct PlatformFields: PlatformObject {
  let service: Service?

  init?(_ object: inout ObjectReader) {
    service = object.required(
      Platform.serviceKey, .object, "What is the same in every environment.")
    _ = object.optional(
      Platform.defaultsKey, .mapping(EnvironmentFields.self),
      "Under every environment: mappings are merged, lists replaced.")
    _ = object.required(
      Platform.environmentsKey, .environments, "Each environment by its name.")
  }
}

extension FieldType where Value == Void {
  /// A mapping that is read later; described as one of `Fields`.
  fileprivate static func mapping<Fields: PlatformObject>(_ fields: Fields.Type) -> FieldType {
    mapping(.object(Fields.fields))
  }

  fileprivate static var environments: FieldType {
    mapping(.dictionary(keys: .label, .object(EnvironmentFields.fields)), isEmptyAllowed: false)
  }

  private static func mapping(
    _ schema: @autoclosure @escaping () -> FieldSchema, isEmptyAllowed: Bool = true
  ) -> FieldType {
    let wanted = isEmptyAllowed ? "a mapping" : "a mapping of at least one environment"
    return FieldType(schema(), wanted: wanted) { node, decoding, path in
      if let pairs = node.mapping, isEmptyAllowed || !pairs.isEmpty { return }
      decoding.report(
        .notAllowed(shown: node.shown, wanted: wanted, hint: nil), at: node.mark, path: path)
    }
  }
}
