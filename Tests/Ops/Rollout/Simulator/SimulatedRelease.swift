import Core

/// A release, and how its pods carry on.
struct SimulatedRelease: Sendable, Equatable {
  enum Conduct: String, Sendable, CaseIterable {
    // Good ones; some have their troubles, and get over them within the grace.
    case good
    case slow
    case unscheduledForAWhile
    case registryHiccup
    case quotaForAWhile
    case mountedLate
    case evictedOnce
    case crashesOnceLater
    // Bad ones.
    case crashing
    case outOfMemory
    case imageMissing
    case imageUnreachable
    case misconfigured
    case neverReady
    case neverStarted
    case unschedulable
    case quotaUsedUp
    case forbidden
    case crashingOnceReady
    case answersBadly
    case answersSlowly

    /// Whether the release can run, and the platform has nothing against it.
    var isGood: Bool {
      switch self {
      case .good, .slow, .unscheduledForAWhile, .registryHiccup, .quotaForAWhile, .mountedLate,
        .evictedOnce, .crashesOnceLater:
        true
      default: false
      }
    }

    /// What a failure of the platform is called (`CauseText.id`); empty where clients alone tell.
    var cause: String {
      switch self {
      case .crashing, .crashingOnceReady: "container-exited"
      case .outOfMemory: "out-of-memory"
      case .imageMissing: "image-not-found"
      case .imageUnreachable: "image-not-pulled"
      case .misconfigured: "configuration"
      case .neverReady: "readiness-probe"
      case .neverStarted: "startup-probe"
      case .unschedulable: "unschedulable"
      case .quotaUsedUp: "quota"
      case .forbidden: "admission"
      default: ""
      }
    }

    /// Whether the platform itself has nothing against it: clients alone can tell.
    var isCompleteOnPlatform: Bool { isGood || self == .answersBadly || self == .answersSlowly }
  }

  /// `X-Revision`, and what containers are told as `REVISION`.
  let revision: String
  let conduct: Conduct

  /// How long trouble lasts that heals; shorter than the grace, delays of watches included.
  static let troubleMax: Duration = .seconds(40)
}

/// One pod, as the cluster knows it.
struct SimulatedPod: Equatable {
  enum State: Equatable {
    case unscheduled
    case creating
    case waiting(reason: String, message: String)
    case running
    case ended(code: Int, reason: String)
  }

  let name: String
  let uid: String
  let replicaSet: String
  let release: SimulatedRelease
  let createdAt: Duration
  /// How long the pod takes for each step; drawn when it is made.
  let startsAfter: Duration
  let readyAfter: Duration

  var state = State.unscheduled
  var isScheduled = false
  var isStarted = false
  var readySince: Duration?
  /// When the container runs again, or began to run.
  var runsSince: Duration?
  var restarts = 0
  var lastEnding: (code: Int, reason: String)?
  var restartAt: Duration?
  var leavesAt: Duration?
  var wasEvicted = false
  var isGone = false

  var isReady: Bool { readySince != nil && !wasEvicted }
  var isLeaving: Bool { leavesAt != nil }

  static func == (first: SimulatedPod, second: SimulatedPod) -> Bool {
    first.uid == second.uid && first.state == second.state
      && first.isScheduled == second.isScheduled && first.isStarted == second.isStarted
      && first.isReady == second.isReady && first.restarts == second.restarts
      && first.isLeaving == second.isLeaving && first.wasEvicted == second.wasEvicted
  }
}

/// One ReplicaSet.
struct SimulatedReplicaSet: Equatable {
  let name: String
  let uid: String
  /// The uid of its Deployment.
  let owner: String
  let release: SimulatedRelease
  let createdAt: Duration
  var revision: Int
  var replicas = 0
  var available = 0
  /// Why pods can not be made.
  var failure: String?

  /// What the pods of a ReplicaSet have, by its uid.
  static func hash(of uid: String) -> String { "hash-\(uid)" }
}

/// The Job that brings the schema up.
struct SimulatedJob: Equatable {
  let name: String
  let uid: String
  let endsAt: Duration
  var isComplete = false
}

/// A Deployment.
struct SimulatedDeployment: Equatable {
  var name = "slipway"
  let uid: String
  var release: SimulatedRelease
  var replicas: Int
  var generation: Int64 = 1
  var observedGeneration: Int64 = 0
  var revision = 0
  var existing = 0
  var updated = 0
  var available = 0
}
