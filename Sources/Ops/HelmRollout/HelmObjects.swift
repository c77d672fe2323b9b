import Core
import JSON
import POSIX
import YAML

/// What a chart makes of an environment, as a rollout brings it.
///
/// The migration, a hook of the chart or a Job of it, is carried out by the rollout before Helm
/// comes. It and all that has to be there before it are applied as Helm would, so that Helm takes
/// them for its own when it comes.
enum HelmObjects {
  private static let hookPrefix = "helm.sh/hook"

  /// The objects in what `helm template` prints, but those of tests.
  ///
  /// Throws where the chart has hooks that no rollout would run.
  static func read(_ stream: [UInt8], of helm: HelmProgram) throws -> [ClusterObject] {
    try read(YAMLReader.readStream(stream), of: helm)
  }

  static func read(_ nodes: [YAMLNode], of helm: HelmProgram) throws -> [ClusterObject] {
    var objects: [ClusterObject] = []
    for node in nodes {
      guard let object = ClusterObject(JSONValue(node)) else { continue }
      let hooks = hooks(of: object)
      if hooks == ["test"] { continue }
      guard hooks.isEmpty || object.component == Objects.migration else {
        throw RolloutRefusal(
          "the chart has the hook \(object.kind.kind) \(object.name)"
            + " (\(hooks.joined(separator: ","))), which a rollout would not run:"
            + " it runs the migration and no other hook")
      }
      objects.append(try owned(object, node, isHook: !hooks.isEmpty, by: helm))
    }
    return objects
  }

  private static func hooks(of object: ClusterObject) -> [String] {
    let text = object.json["metadata"]?["annotations"]?[hookPrefix]?.text ?? ""
    return text.split(separator: ",").map { String($0.filter { $0 != " " }) }
  }

  /// The object with what Helm writes into all that are its own, and a hook as an ordinary one.
  private static func owned(
    _ object: ClusterObject, _ node: YAMLNode, isHook: Bool, by helm: HelmProgram
  ) throws -> ClusterObject {
    var metadata = object.json["metadata"]?.members ?? []
    metadata.set("namespace", .string(object.namespace ?? helm.namespace))
    var labels = metadata.members(of: "labels")
    labels.set("app.kubernetes.io/managed-by", "Helm")
    metadata.set("labels", .object(labels))
    var annotations = metadata.members(of: "annotations")
    annotations.removeAll { $0.name.hasPrefix(hookPrefix) }
    annotations.set("meta.helm.sh/release-name", .string(helm.release))
    annotations.set("meta.helm.sh/release-namespace", .string(helm.namespace))
    metadata.set("annotations", .object(annotations))
    if isHook, object.kind == .job, let spec = node["spec"] {
      // A Job cannot be changed: another one has another name, the one of `ops migrate job`.
      let hash = CanonicalJSON.digest(of: spec).prefix(10)
      metadata.set("name", .string("\(object.name)-\(hash)"))
    }
    var members = object.json.members ?? []
    members.set("metadata", .object(metadata))
    guard let owned = ClusterObject(.object(members)) else {
      throw RolloutRefusal("\(object.kind.kind) \(object.name) of the chart can not be read")
    }
    return owned
  }
}

extension ClusterRendering {
  /// The values that Helm gets.
  var helmValues: JSONValue {
    JSONValue(
      EnvironmentValues(
        service: platform.service, environment: environment, image: image
      ).node)
  }

  /// The objects, as Helm makes them of `chart`.
  func helmObjects(_ helm: HelmProgram, chart: String, values: JSONValue) throws -> [ClusterObject]
  {
    guard File.isDirectory(chart) else {
      throw RolloutRefusal("no chart in \(ChartFiles.folder): it comes with the project")
    }
    let file = try Self.write(values, to: folder)
    return try HelmObjects.read(try helm.template(chart: chart, values: file), of: helm)
  }

  /// The same without Helm, for who only looks: the chart makes what we render, as tests compare.
  func helmObjects(without helm: HelmProgram) throws -> [ClusterObject] {
    try HelmObjects.read(Objects.all(of: try release()).map(\.node), of: helm)
  }

  /// Writes values where Helm finds them; the file.
  static func write(_ values: JSONValue, to folder: String) throws -> String {
    let file = "\(folder)/values.json"
    try File.write(values.bytes(), to: file, mode: 0o600)
    return file
  }
}

extension [JSONMember] {
  fileprivate func members(of name: String) -> [JSONMember] {
    first { $0.name == name }?.value.members ?? []
  }

  fileprivate mutating func set(_ name: String, _ value: JSONValue) {
    if let index = firstIndex(where: { $0.name == name }) {
      self[index] = JSONMember(name, value)
    } else {
      append(JSONMember(name, value))
    }
  }
}
