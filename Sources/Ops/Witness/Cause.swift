import Core

/// Why a release will not run, as the platform shows it.
///
/// `CauseText` says each in one line, and what ends it.
enum Cause: Sendable, Equatable {
  /// A container ended where it was to keep running, or ended badly where it was to prepare.
  case exited(Place, Exit)
  /// The kernel killed it at its limit of memory.
  case outOfMemory(Place, Exit, limit: String?)
  /// It does not answer a probe, for longer than the settings of that probe allow.
  case probeFailed(Place, ProbeKind, patience: Duration, said: String)
  /// The registry has no such image.
  case imageNotFound(Place, image: String, said: String)
  /// The image can not be had for another reason: no registry, no permission.
  case imageNotPulled(Place, image: String, said: String)
  /// The image's name is none, or the node is forbidden to pull.
  case imageRefused(Place, image: String, reason: String, said: String)
  /// What the pod's specification names is missing or makes no sense.
  case configuration(Place, said: String)
  /// The node has not read a secret or a settings object yet.
  case cacheNotSynced(Place, said: String)
  /// The image has no such program.
  case programMissing(Place, said: String)
  /// The node could not start the container.
  case notStarted(Place, reason: String, said: String)
  /// The pod as a whole was ended: evicted, preempted, not admitted by its node.
  case podEnded(Place, reason: String, said: String)
  /// No node takes the pod.
  case unschedulable(Place, said: String)
  /// A volume is not there or can not be mounted.
  case volume(Place, said: String)
  /// The pod gets no network or no sandbox.
  case sandbox(Place, said: String)
  /// The namespace has had its share.
  case quota(owner: String, said: String)
  /// The cluster's rules forbid the pod.
  case admission(owner: String, said: String)
  /// Pods could not be made for another reason.
  case podsNotCreated(owner: String, said: String)
  /// The Deployment made no progress for `progressDeadlineSeconds`.
  case progressDeadline(deployment: String, said: String)
  /// The Deployment was told to do nothing.
  case paused(deployment: String)
  /// Somebody else brings another release.
  case superseded(deployment: String, by: String)
  /// The Deployment is not there.
  case deploymentGone(String)
  /// The Job gave up.
  case jobFailed(job: String, reason: String, said: String)
  /// The Job was deleted before it was done.
  case jobGone(String)
  /// The Job was told to wait.
  case jobSuspended(String)

  /// Where it happened.
  struct Place: Sendable, Hashable {
    let pod: String
    /// Nil where it is the pod as a whole.
    var container: String?
    var node: String?
  }

  /// How a container ended.
  struct Exit: Sendable, Equatable {
    let code: Int
    let signal: Int?
    /// `Error`, `OOMKilled`, `Completed`.
    let reason: String
    let restarts: Int
    /// The last line that it left, where the platform itself keeps it.
    let lastLine: String?
  }

  enum ProbeKind: String, Sendable, CaseIterable {
    case startup
    case readiness
    case liveness
  }
}

extension Cause {
  /// Where it happened, nil where no pod came to be.
  var place: Place? {
    switch self {
    case .exited(let place, _), .outOfMemory(let place, _, _), .probeFailed(let place, _, _, _),
      .imageNotFound(let place, _, _), .imageNotPulled(let place, _, _),
      .imageRefused(let place, _, _, _),
      .configuration(let place, _), .cacheNotSynced(let place, _), .programMissing(let place, _),
      .notStarted(let place, _, _), .podEnded(let place, _, _), .unschedulable(let place, _),
      .volume(let place, _), .sandbox(let place, _):
      place
    case .quota, .admission, .podsNotCreated, .progressDeadline, .paused, .superseded,
      .deploymentGone, .jobFailed, .jobGone, .jobSuspended:
      nil
    }
  }

  /// How the container ended, where it did.
  var exit: Exit? {
    switch self {
    case .exited(_, let exit), .outOfMemory(_, let exit, _): exit
    default: nil
    }
  }
}
