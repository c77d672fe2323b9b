import JSON

@testable import Ops

/// An object as the API gives it.
enum SimulatedObject: Equatable {
  case deployment(SimulatedDeployment)
  case replicaSet(SimulatedReplicaSet)
  case pod(SimulatedPod)
  case job(SimulatedJob)

  var uid: String {
    switch self {
    case .deployment(let deployment): deployment.uid
    case .replicaSet(let replicaSet): replicaSet.uid
    case .pod(let pod): pod.uid
    case .job(let job): job.uid
    }
  }

  var kind: ResourceKind {
    switch self {
    case .deployment: .deployment
    case .replicaSet: .replicaSet
    case .pod: .pod
    case .job: .job
    }
  }

  var json: JSONValue {
    switch self {
    case .deployment(let deployment): deployment.json
    case .replicaSet(let replicaSet): replicaSet.json
    case .pod(let pod): pod.json
    case .job(let job): job.json
    }
  }
}

extension SimulatedRelease {
  fileprivate func template(hash: String?) -> JSONValue {
    let labels: JSONValue =
      hash.map { ["app": "slipway", "pod-template-hash": .string($0)] } ?? ["app": "slipway"]
    return ["metadata": ["labels": labels], "spec": specification]
  }

  fileprivate var specification: JSONValue {
    [
      "containers": [
        [
          "name": "app", "image": "ghcr.io/example/slipway:\(revision)".json,
          "env": [["name": "REVISION", "value": .string(revision)]],
          "resources": ["limits": ["memory": "128Mi"]],
          "startupProbe": ["periodSeconds": 2, "failureThreshold": 30],
          "readinessProbe": ["periodSeconds": 2, "failureThreshold": 3],
        ]
      ]
    ]
  }
}

extension SimulatedDeployment {
  fileprivate var json: JSONValue {
    [
      "metadata": [
        "name": .string(name), "uid": .string(uid), "generation": .integer(generation),
        "annotations": ["deployment.kubernetes.io/revision": .string("\(revision)")],
      ],
      "spec": [
        "replicas": .integer(Int64(replicas)), "template": release.template(hash: nil),
      ],
      "status": [
        "observedGeneration": .integer(observedGeneration),
        "replicas": .integer(Int64(existing)), "updatedReplicas": .integer(Int64(updated)),
        "availableReplicas": .integer(Int64(available)),
      ],
    ]
  }
}

extension SimulatedReplicaSet {
  fileprivate var json: JSONValue {
    let condition: JSONValue = [
      "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
      "message": .string(failure ?? ""),
    ]
    return [
      "metadata": [
        "name": .string(name), "uid": .string(uid),
        "labels": [CanaryObjects.hashLabel: .string(Self.hash(of: uid))],
        "creationTimestamp": SimulatedObject.time(uid),
        "ownerReferences": SimulatedObject.owner(owner),
        "annotations": ["deployment.kubernetes.io/revision": .string("\(revision)")],
      ],
      "spec": [
        "replicas": .integer(Int64(replicas)),
        "template": release.template(hash: Self.hash(of: uid)),
      ],
      "status": [
        "availableReplicas": .integer(Int64(available)),
        "conditions": .array(failure == nil ? [] : [condition]),
      ],
    ]
  }
}

extension SimulatedJob {
  var json: JSONValue {
    [
      "metadata": ["name": .string(name), "uid": .string(uid)],
      "spec": ["backoffLimit": 0],
      "status": [
        "conditions": .array(isComplete ? [["type": "Complete", "status": "True"]] : [])
      ],
    ]
  }
}

extension SimulatedPod {
  fileprivate var json: JSONValue {
    var metadata: [JSONMember] = [
      JSONMember("name", .string(name)), JSONMember("uid", .string(uid)),
      JSONMember("creationTimestamp", SimulatedObject.time(uid)),
      JSONMember("ownerReferences", SimulatedObject.owner(replicaSet)),
    ]
    if isLeaving { metadata.append(JSONMember("deletionTimestamp", "2026-01-01T00:00:00Z")) }
    return [
      "metadata": .object(metadata), "spec": release.specification,
      "status": [
        "phase": wasEvicted ? "Failed" : isScheduled ? "Running" : "Pending",
        "reason": wasEvicted ? "Evicted" : nil,
        "message": wasEvicted ? "the node was low on memory" : nil,
        "conditions": .array(conditions), "containerStatuses": .array(isScheduled ? [status] : []),
      ],
    ]
  }

  private var conditions: [JSONValue] {
    guard isScheduled else {
      return [.unschedulable, .unscheduledForAWhile].contains(release.conduct)
        ? [
          [
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/1 nodes are available: 1 Insufficient cpu.",
          ]
        ] : []
    }
    return [
      ["type": "PodScheduled", "status": "True"],
      ["type": "Ready", "status": isReady ? "True" : "False"],
      ["type": "DisruptionTarget", "status": wasEvicted ? "True" : "False"],
    ]
  }

  private var status: JSONValue {
    let current: JSONValue =
      switch state {
      case .unscheduled, .creating: ["waiting": ["reason": "ContainerCreating"]]
      case .waiting(let reason, let message):
        ["waiting": ["reason": .string(reason), "message": .string(message)]]
      case .running: ["running": [:]]
      case .ended(let code, let reason): Self.ending(code, reason)
      }
    let last: JSONValue =
      if case .ended = state { [:] } else {
        lastEnding.map { Self.ending($0.code, $0.reason) } ?? [:]
      }
    return [
      "name": "app", "state": current, "lastState": last,
      "restartCount": .integer(Int64(restarts)), "ready": .boolean(isReady),
      "started": .boolean(isStarted),
    ]
  }

  private static func ending(_ code: Int, _ reason: String) -> JSONValue {
    ["terminated": ["exitCode": .integer(Int64(code)), "reason": .string(reason)]]
  }
}

extension SimulatedEvent {
  func json(uid: String) -> JSONValue {
    [
      "metadata": ["name": .string(uid), "uid": .string(uid)],
      "involvedObject": [
        "kind": "Pod", "name": .string(subject), "uid": .string(about),
        "fieldPath": container.map { .string("spec.containers{\($0)}") } ?? nil,
      ],
      "reason": .string(reason), "message": .string(message), "type": "Warning", "count": 1,
      "lastTimestamp": SimulatedObject.time(uid),
    ]
  }
}

extension SimulatedObject {
  fileprivate static func owner(_ uid: String) -> JSONValue {
    [["uid": .string(uid), "controller": true]]
  }

  /// A time that orders objects as they were made: their numbers do.
  fileprivate static func time(_ uid: String) -> JSONValue {
    .string("2026-01-01T00:00:00.\(uid.suffix(4))Z")
  }
}

extension String {
  fileprivate var json: JSONValue { .string(self) }
}
