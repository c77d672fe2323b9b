import HTTPClient
import JSON

@testable import Ops

/// The API server of a simulated cluster, as far as a rollout asks it.
///
/// Objects have versions, and writes conditions. The Deployment is the cluster's own.
/// One thread runs a simulation from its beginning to its end.
final class SimulatedAPI: @unchecked Sendable {
  /// What came of a request.
  struct Answer {
    let status: Int
    let body: JSONValue
    /// Whether anything is different now.
    var hasChanged = false
  }

  static let deploymentPath = "/apis/apps/v1/namespaces/slipway/deployments/slipway"

  private let cluster: SimulatedCluster
  private let replicas: Int
  /// The releases whose Deployments may be applied, by revision.
  private let releases: [String: SimulatedRelease]
  private var objects: [String: JSONValue] = [:]
  private var version = 1000
  private var annotations: JSONValue = [:]
  /// The Deployment as it was when its version was given.
  private var told: (object: JSONValue, version: Int)?

  init(_ cluster: SimulatedCluster, _ releases: [SimulatedRelease], replicas: Int) {
    (self.cluster, self.replicas) = (cluster, replicas)
    self.releases = Dictionary(uniqueKeysWithValues: releases.map { ($0.revision, $0) })
  }

  /// The objects that are kept, by path.
  subscript(path: String) -> JSONValue? {
    path == Self.deploymentPath ? deployment : objects[path]
  }

  func answer(_ request: HTTPRequest) -> Answer {
    let target = request.url.dropFirst("http://localhost".count)
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    let body = (try? JSONReader.read(request.body)) ?? .null
    let path = parts[0]
    switch request.method {
    case "GET": return get(path, parts.count > 1 ? parts[1] : "")
    case "POST": return create("\(path)/\(body["metadata"]?["name"]?.text ?? "")", body)
    case "DELETE": return delete(path, body["preconditions"])
    case "PATCH" where request.headers.contains { $0.value.contains("merge-patch") }:
      return self[path].map { write(path, $0.merged(with: body)) } ?? Self.missing
    default: return write(path, body)
    }
  }

  private static let missing = failure(404, "NotFound")

  private static func failure(_ code: Int64, _ reason: String) -> Answer {
    Answer(
      status: Int(code),
      body: [
        "kind": "Status", "code": .integer(code), "reason": .string(reason),
        "message": .string(reason),
      ])
  }

  private func get(_ path: String, _ query: String) -> Answer {
    if let object = self[path] { return Answer(status: 200, body: object) }
    guard query.contains("limit=") else { return Self.missing }
    // Every selection of ours ends in a label that tells its objects from all others.
    let label = query.split(separator: "&").first { $0.hasPrefix("labelSelector") }
      .flatMap { $0.split(separator: "%2C").last.map(String.init) }?
      .replacing("%2F", with: "/")
    let items = objects.filter { entry in
      entry.key.hasPrefix(path + "/")
        && label.map { entry.value["metadata"]?["labels"]?[$0] != nil } ?? true
    }
    return Answer(
      status: 200,
      body: [
        "items": .array(items.sorted { $0.key < $1.key }.map(\.value)),
        "metadata": ["resourceVersion": .string("\(version)")],
      ])
  }

  private func create(_ path: String, _ object: JSONValue) -> Answer {
    self[path] == nil ? write(path, object) : Self.failure(409, "AlreadyExists")
  }

  /// Puts an object there, where the version that it names, if any, is the last one.
  private func write(_ path: String, _ object: JSONValue) -> Answer {
    let live = self[path]
    if let live, let wanted = object.version, wanted != live.version {
      return Self.failure(409, "Conflict")
    }
    if path == Self.deploymentPath { return apply(object) }
    if let live, live.versioned("") == object.versioned("") {
      return Answer(status: 200, body: live)
    }
    version += 1
    let written = object.versioned("\(version)")
    objects[path] = written
    return Answer(status: live == nil ? 201 : 200, body: written, hasChanged: true)
  }

  private func delete(_ path: String, _ conditions: JSONValue?) -> Answer {
    guard let live = self[path] else { return Self.missing }
    if let uid = conditions?["uid"], uid != live["metadata"]?["uid"] {
      return Self.failure(409, "Conflict")
    }
    if path == Self.deploymentPath {
      cluster.delete()
      (told, annotations) = (nil, [:])
    }
    objects[path] = nil
    return Answer(status: 200, body: live, hasChanged: true)
  }

  // MARK: The Deployment

  private var deployment: JSONValue? {
    guard let deployment = cluster.deployment else { return nil }
    let object = SimulatedObject.deployment(deployment).json
      .merged(with: ["metadata": ["annotations": annotations]])
    if told?.object != object {
      version += 1
      told = (object, version)
    }
    return object.versioned("\(version(of: object))")
  }

  private func version(of object: JSONValue) -> Int { told?.version ?? version }

  private func apply(_ object: JSONValue) -> Answer {
    let before = cluster.deployment
    let known = annotations
    annotations = annotations.merged(with: object["metadata"]?["annotations"] ?? [:])
    let containers = object["spec"]?["template"]?["spec"]?["containers"]?.elements
    let revision = containers?.first?["env"]?.elements?.first?["value"]?.text ?? ""
    if let release = releases[revision] { cluster.apply(release, replicas: replicas) }
    let hasChanged =
      before?.generation != cluster.deployment?.generation || before == nil || known != annotations
    return Answer(status: 200, body: deployment ?? .null, hasChanged: hasChanged)
  }
}

extension JSONValue {
  fileprivate var version: String? { self["metadata"]?["resourceVersion"]?.text }

  /// The object with that version in it.
  fileprivate func versioned(_ version: String) -> JSONValue {
    merged(with: ["metadata": ["resourceVersion": .string(version)]])
  }

  // https://www.rfc-editor.org/rfc/rfc7386
  fileprivate func merged(with patch: JSONValue) -> JSONValue {
    guard let changes = patch.members else { return patch }
    var members = self.members ?? []
    for change in changes {
      let index = members.firstIndex { $0.name == change.name }
      if change.value == .null {
        if let index { members.remove(at: index) }
      } else if let index {
        members[index] = JSONMember(
          change.name, members[index].value.merged(with: change.value))
      } else {
        members.append(JSONMember(change.name, JSONValue.object([]).merged(with: change.value)))
      }
    }
    return .object(members)
  }
}
