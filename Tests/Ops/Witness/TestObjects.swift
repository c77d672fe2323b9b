import JSON

@testable import Ops

/// Objects as small as a reading needs them.
enum TestObjects {
  static func deployment(
    generation: Int64 = 2, observed: Int64 = 2, revision: String = "new", replicas: Int64 = 2,
    updated: Int64 = 0, existing: Int64 = 2, available: Int64 = 2, number: String? = nil
  ) -> ClusterChange {
    .updated(
      .deployment,
      [
        "metadata": [
          "name": "app", "uid": "d", "generation": .integer(generation),
          "annotations": annotations(number),
        ],
        "spec": ["replicas": .integer(replicas), "template": template(revision)],
        "status": [
          "observedGeneration": .integer(observed), "replicas": .integer(existing),
          "updatedReplicas": .integer(updated), "availableReplicas": .integer(available),
        ],
      ])
  }

  /// A Deployment all of whose pods are of the new release.
  static let completeDeployment = deployment(updated: 2)

  static func replicaSet(
    _ revision: String, available: Int64 = 0, replicas: Int64 = 2, refusal: String? = nil,
    number: String? = nil
  ) -> ClusterChange {
    let condition: JSONValue = [
      "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
      "message": .string(refusal ?? ""),
    ]
    return .updated(
      .replicaSet,
      [
        "metadata": [
          "name": .string("app-\(revision)"), "uid": .string(revision),
          "ownerReferences": [["uid": "d", "controller": true]],
          "annotations": annotations(number),
        ],
        "spec": ["replicas": .integer(replicas), "template": template(revision)],
        "status": [
          "availableReplicas": .integer(available),
          "conditions": .array(refusal == nil ? [] : [condition]),
        ],
      ])
  }

  /// What the controller of Deployments counts its templates by.
  private static func annotations(_ number: String?) -> JSONValue {
    number.map { ["deployment.kubernetes.io/revision": .string($0)] } ?? [:]
  }

  private static func template(_ revision: String) -> JSONValue {
    let variable: JSONValue = ["name": "REVISION", "value": .string(revision)]
    return ["spec": ["containers": [["name": "app", "env": [variable]]]]]
  }

  static func pod(
    _ name: String, of owner: String = "new", state: JSONValue = ["running": [:]],
    last: JSONValue = [:], restarts: Int64 = 0, isReady: Bool = false, phase: String = "Running",
    reason: String? = nil, conditions: [JSONValue] = []
  ) -> ClusterChange {
    .updated(
      .pod,
      [
        "metadata": [
          "name": .string(name), "uid": .string("uid-\(name)"),
          "ownerReferences": [["uid": .string(owner), "controller": true]],
        ],
        "spec": ["containers": [["name": "app", "image": "ghcr.io/example/slipway:1"]]],
        "status": [
          "phase": .string(phase), "reason": reason.map { .string($0) } ?? .null,
          "conditions": .array(
            conditions + [["type": "Ready", "status": isReady ? "True" : "False"]]),
          "containerStatuses": [
            [
              "name": "app", "state": state, "lastState": last,
              "restartCount": .integer(restarts), "ready": .boolean(isReady), "started": true,
            ]
          ],
        ],
      ])
  }

  static func ended(_ code: Int64, _ reason: String = "Error", _ message: String = "") -> JSONValue
  {
    [
      "terminated": [
        "exitCode": .integer(code), "reason": .string(reason), "message": .string(message),
      ]
    ]
  }

  static func waiting(_ reason: String, _ message: String = "") -> JSONValue {
    ["waiting": ["reason": .string(reason), "message": .string(message)]]
  }

  /// A warning about the pod of that name.
  static func warning(_ reason: String, _ message: String, of pod: String) -> ClusterChange {
    .updated(
      .event,
      [
        "metadata": ["name": .string("\(pod).\(reason)"), "uid": .string("\(pod).\(reason)")],
        "involvedObject": [
          "kind": "Pod", "name": .string(pod), "uid": .string("uid-\(pod)"),
        ],
        "type": "Warning", "reason": .string(reason), "message": .string(message),
        "lastTimestamp": "2026-11-22T02:51:34Z",
      ])
  }

  static let unschedulable: JSONValue = [
    "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room",
  ]

  static func job(
    failed: Int64 = 0, backoffLimit: Int64 = 0, reason: String? = nil
  ) -> ClusterChange {
    let conditions: [JSONValue] =
      reason.map {
        [["type": "Failed", "status": "True", "reason": .string($0), "message": "so it ended"]]
      } ?? []
    return .updated(
      .job,
      [
        "metadata": ["name": "migrate", "uid": "new"],
        "spec": ["backoffLimit": .integer(backoffLimit)],
        "status": ["failed": .integer(failed), "conditions": .array(conditions)],
      ])
  }
}
