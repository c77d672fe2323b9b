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

  static let deploymentPath = path("apps/v1", "deployments/slipway")
  private static let canaryPath = path("apps/v1", "deployments/slipway-canary")
  private static let routePath = path("gateway.networking.k8s.io/v1", "httproutes/slipway")
  private static let replicaSets = path("apps/v1", "replicasets")
  private static let pods = "/api/v1/namespaces/slipway/pods"
  private static let jobs = path("batch/v1", "jobs/")

  private static func path(_ version: String, _ rest: String) -> String {
    "/apis/\(version)/namespaces/slipway/\(rest)"
  }

  private struct Kept {
    var annotations: JSONValue = [:]
    /// The Deployment as it was when its version was given.
    var told: JSONValue = .null
    var version = 0
  }

  private let cluster: SimulatedCluster
  private let replicas: Int
  /// The releases whose Deployments may be applied, by revision.
  private let releases: [String: SimulatedRelease]
  private var objects: [String: JSONValue] = [:]
  private var version = 1000
  /// What is kept of each Deployment that the cluster does not know of, by path.
  private var kept: [String: Kept] = [:]
  /// Who has applied the number of replicas.
  private var replicaManagers: Set<String> = []

  init(_ cluster: SimulatedCluster, _ releases: [SimulatedRelease], replicas: Int) {
    (self.cluster, self.replicas) = (cluster, replicas)
    self.releases = Dictionary(uniqueKeysWithValues: releases.map { ($0.revision, $0) })
  }

  /// The objects that are there, by path.
  subscript(path: String) -> JSONValue? {
    switch path {
    case Self.deploymentPath: cluster.deployment.map { read($0, path) }
    case Self.canaryPath: cluster.canary.map { read($0, path) }
    case _ where path.hasPrefix(Self.jobs):
      cluster.job.flatMap { $0.name == path.dropFirst(Self.jobs.count) ? $0.json : nil }
    default: objects[path]
    }
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
      return self[path].map { write(path, $0.merged(with: body), by: nil) } ?? Self.missing
    default:
      let manager = parts.last?.split(separator: "&").first { $0.hasPrefix("fieldManager=") }
      return write(path, body, by: manager.map { String($0.dropFirst("fieldManager=".count)) })
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
    if path.hasPrefix(Self.pods), path.hasSuffix("/log") { return log(path) }
    guard query.contains("limit=") else { return Self.missing }
    if path == Self.replicaSets { return list(cluster.list(.replicaSet)) }
    // Nobody asks for others than a canary's.
    if path == Self.pods { return list(cluster.canaryPods) }
    // Every selection of ours ends in a label that tells its objects from all others.
    let label = query.split(separator: "&").first { $0.hasPrefix("labelSelector") }
      .flatMap { $0.split(separator: "%2C").last.map(String.init) }?
      .replacing("%2F", with: "/")
    let items = objects.filter { entry in
      entry.key.hasPrefix(path + "/")
        && label.map { entry.value["metadata"]?["labels"]?[$0] != nil } ?? true
    }
    return list(items.sorted { $0.key < $1.key }.map(\.value))
  }

  /// Whether a pod is there to have a log; no log is read here.
  private func log(_ path: String) -> Answer {
    let name = path.split(separator: "/").dropLast().last.map(String.init)
    let isThere = cluster.pods.contains { $0.name == name }
    return isThere ? Answer(status: 200, body: [:]) : Self.missing
  }

  private func list(_ items: [JSONValue]) -> Answer {
    Answer(
      status: 200,
      body: [
        "items": .array(items), "metadata": ["resourceVersion": .string("\(version)")],
      ])
  }

  private func create(_ path: String, _ object: JSONValue) -> Answer {
    self[path] == nil ? write(path, object, by: nil) : Self.failure(409, "AlreadyExists")
  }

  /// Puts an object there, where the version that it names, if any, is the last one.
  private func write(_ path: String, _ object: JSONValue, by manager: String?) -> Answer {
    let live = self[path]
    // What is gone has no version either.
    if let wanted = object.version, wanted != live?.version {
      return Self.failure(409, "Conflict")
    }
    switch path {
    case Self.deploymentPath: return apply(object, by: manager)
    case Self.canaryPath: return applyCanary(object)
    case _ where path.hasPrefix(Self.jobs): return applyJob(object)
    default: break
    }
    if let live, live.versioned("") == object.versioned("") {
      return Answer(status: 200, body: live)
    }
    version += 1
    let written = object.versioned("\(version)")
    objects[path] = written
    if path == Self.routePath { cluster.route(objects[path].map(backends)) }
    return Answer(status: live == nil ? 201 : 200, body: written, hasChanged: true)
  }

  private func delete(_ path: String, _ conditions: JSONValue?) -> Answer {
    guard let live = self[path] else { return Self.missing }
    for name in ["uid", "resourceVersion"] {
      guard let wanted = conditions?[name], wanted != live["metadata"]?[name] else { continue }
      return Self.failure(409, "Conflict")
    }
    switch path {
    case Self.deploymentPath:
      cluster.delete()
      (kept[path], replicaManagers) = (nil, [])
    case Self.canaryPath:
      cluster.deleteCanary()
      kept[path] = nil
    case _ where path.hasPrefix(Self.jobs): cluster.endJob()
    default: objects[path] = nil
    }
    if path == Self.routePath { cluster.route(nil) }
    return Answer(status: 200, body: live, hasChanged: true)
  }

  /// Where a route leads: to the pods that each Service selects, none where there is no such
  /// Service.
  private func backends(_ route: JSONValue) -> [SimulatedBackend] {
    let references = route["spec"]?["rules"]?.elements?.first?["backendRefs"]?.elements ?? []
    return references.map { reference in
      let name = reference["name"]?.text ?? ""
      let service = objects["/api/v1/namespaces/slipway/services/\(name)"]
      return SimulatedBackend(
        weight: Int(reference["weight"]?.number ?? 1), exists: service != nil,
        isOfCanary: service?["spec"]?["selector"]?[CanaryObjects.label] != nil,
        hash: service?["spec"]?["selector"]?[CanaryObjects.hashLabel]?.text)
    }
  }

  private func applyCanary(_ object: JSONValue) -> Answer {
    let before = self[Self.canaryPath]
    annotate(Self.canaryPath, object)
    if let release = releases[object.revision] {
      cluster.bringCanary(release, replicas: Int(object["spec"]?["replicas"]?.number ?? 1))
    }
    return Answer(
      status: 200, body: self[Self.canaryPath] ?? .null,
      hasChanged: before != self[Self.canaryPath])
  }

  private func annotate(_ path: String, _ object: JSONValue) {
    let known = kept[path]?.annotations ?? [:]
    kept[path, default: Kept()].annotations =
      known.merged(with: object["metadata"]?["annotations"] ?? [:])
  }

  private func applyJob(_ object: JSONValue) -> Answer {
    let isNew = cluster.job == nil
    if isNew { cluster.startJob(object["metadata"]?["name"]?.text ?? "") }
    return Answer(
      status: isNew ? 201 : 200, body: cluster.job?.json ?? .null, hasChanged: isNew)
  }

  // MARK: The Deployment

  private func read(_ deployment: SimulatedDeployment, _ path: String) -> JSONValue {
    var own = kept[path] ?? Kept()
    let object = SimulatedObject.deployment(deployment).json
      .merged(with: [
        "metadata": [
          "annotations": own.annotations, "managedFields": managers,
          "labels": [
            "app.kubernetes.io/name": "slipway", "app.kubernetes.io/component": "app",
          ],
        ]
      ])
    if own.told != object {
      version += 1
      (own.told, own.version) = (object, version)
      kept[path] = own
    }
    return object.versioned("\(own.version)")
  }

  /// Who has applied what, as far as anybody asks.
  private var managers: JSONValue {
    .array(
      replicaManagers.sorted().map {
        [
          "manager": .string($0), "operation": "Apply",
          "fieldsV1": ["f:spec": ["f:replicas": [:]]],
        ]
      })
  }

  private func apply(_ object: JSONValue, by manager: String?) -> Answer {
    let before = self[Self.deploymentPath]
    annotate(Self.deploymentPath, object)
    let wanted = manager == nil ? nil : object["spec"]?["replicas"]?.number
    let isLast = manager.map { replicaManagers == [$0] } ?? false
    if let release = releases[object.revision] {
      cluster.apply(release, replicas: wanted.map { Int($0) } ?? (before == nil ? replicas : nil))
    }
    if let manager {
      if wanted != nil { replicaManagers.insert(manager) } else { replicaManagers.remove(manager) }
    }
    // What nobody applies any more goes back to what the API says where nobody says anything.
    if isLast, wanted == nil { cluster.loseReplicas() }
    let after = self[Self.deploymentPath]
    return Answer(status: 200, body: after ?? .null, hasChanged: before != after)
  }
}

/// One Service that a route leads to.
struct SimulatedBackend: Equatable {
  let weight: Int
  let exists: Bool
  /// Whether it selects a canary's pods alone.
  let isOfCanary: Bool
  /// The template whose pods it selects alone.
  let hash: String?
}

extension JSONValue {
  /// The revision that the first container of a Deployment is told.
  fileprivate var revision: String {
    let containers = self["spec"]?["template"]?["spec"]?["containers"]?.elements
    return containers?.first?["env"]?.elements?.first?["value"]?.text ?? ""
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
