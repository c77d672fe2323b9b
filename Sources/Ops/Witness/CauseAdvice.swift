/// What a cause is called, and what ends it, as it is told beside the cause.
struct CauseAdvice: Sendable, Equatable {
  /// Where all causes stand, each with an example.
  static let catalogue = "docs/causes.md"

  /// What the cause is called, the same for every release.
  let id: String
  /// What ends it, in a sentence or two.
  let words: String

  /// All of it in one line, with where more is.
  var line: String { "\(id): \(words) See \(Self.catalogue)." }
}

extension CauseAdvice {
  init(_ cause: Cause) {
    let text = CauseText(cause)
    self.init(id: text.id, words: text.advice)
  }
}

extension CauseText {
  /// What ends the cause, in a sentence or two.
  var advice: String {
    switch cause {
    case .exited:
      "Read the last lines of the container; run the image with the same settings elsewhere."
    case .outOfMemory:
      "Raise resources.limits.memory of the environment in platform.yaml, or find what takes it."
    case .probeFailed(_, .startup, _, _), .probeFailed(_, .liveness, _, _):
      "See why the process does not answer; where it only needs longer, its probe must allow it."
    case .probeFailed(_, .readiness, _, _):
      "Ask /readyz of the pod what it waits for: mostly the database or its schema."
    case .imageNotFound:
      "Push the image for the processors of the nodes, or give the digest that was pushed."
    case .imageNotPulled:
      "Check the registry and pod.pullSecrets; the node's events hold the registry's answer."
    case .imageRefused: "Correct the image's name, or its pull policy."
    case .configuration:
      "Make the secret, the key or the user that the message names; ops secrets init makes secrets."
    case .cacheNotSynced: "Look at the kubelet of the node; what it reads is there."
    case .programMissing: "Correct the image, or the command that the pod gives it."
    case .notStarted: "Look at the runtime of the node; another node may start it."
    default: adviceOnCluster
    }
  }

  private var adviceOnCluster: String {
    switch cause {
    case .podEnded:
      "Free what the node lacks, or ask for what the pod needs in resources.requests."
    case .unschedulable:
      "Add a node, or lower resources.requests and pod.nodeSelector to what nodes have."
    case .volume: "Make the volume, the claim or the object that the message names."
    case .sandbox: "Look at the network plugin and the runtime of the node."
    case .quota: "Raise the quota of the namespace by one pod more than it has, for the surge."
    case .admission: "Change what the message names, or the rule; ops render --check shows it."
    case .podsNotCreated: "See what the API server says of the namespace and its webhooks."
    case .progressDeadline: "See which pod is not available, and why; its events are kept."
    case .paused: "Resume it: kubectl rollout resume."
    case .superseded: "Find out who else rolls out; one of the two must stop."
    case .deploymentGone: "Find out who deleted it, and roll out again."
    case .jobFailed: "Read the lines of the Job's pod; mend the cause and roll out again."
    case .jobGone: "Find out who deleted it; migrations that were applied are skipped next time."
    case .jobSuspended: "Set spec.suspend to false, or delete the Job and roll out again."
    default: ""
    }
  }
}
