import Core

/// What speaks against a release in one of its pods.
///
/// Which sign is sound and which may heal was learnt from what clusters do: a registry, a scheduler
/// and a node have their moments; a program that ends has ended.
struct PodSigns {
  /// Endings of a container that need no second witness.
  private static let endingsMax = 2
  /// How long an image may take that is pulled again after it could not be had.
  private static let pullPatience: Duration = .seconds(300)
  /// How long a node may take to try again what it had not heard enough for: it does so within ten
  /// seconds or a little more.
  private static let retryPatience: Duration = .seconds(30)

  let pod: PodReading
  /// The events about this pod.
  let events: [EventReading]
  /// Whether another pod of the release is ready, so that one ending may be an accident.
  let othersAreWell: Bool
  /// Endings of each container that are another release's past, or this one's before it came back.
  var forgiven: [String: Int] = [:]

  /// The signs, what is wrong with the pod as a whole first.
  var all: [Sign] {
    guard !pod.object.isLeaving, !pod.isDisrupted, !hasEndedAsWhole else { return [] }
    return placement + foundation + pod.containers.flatMap(signs)
  }

  /// Whether the cluster ended the pod, whatever its containers did.
  var hasEndedAsWhole: Bool { pod.phase == "Failed" && !pod.reason.isEmpty }

  private var place: Cause.Place { .init(pod: pod.object.name, node: pod.node) }

  private func place(_ container: ContainerReading) -> Cause.Place {
    .init(pod: pod.object.name, container: container.name, node: pod.node)
  }

  private func subject(_ container: ContainerReading) -> String {
    "\(pod.object.uid)/\(container.name)"
  }

  private var placement: [Sign] {
    guard let scheduled = pod.conditions["PodScheduled"], scheduled.holds == false,
      scheduled.reason == "Unschedulable"
    else { return [] }
    let isVolume = scheduled.message.lowercased().contains("persistentvolumeclaim")
    let cause: Cause =
      isVolume
      ? .volume(place, said: scheduled.message) : .unschedulable(place, said: scheduled.message)
    return [.mayHeal(cause, of: pod.object.uid)]
  }

  /// Volumes and network, without which no container begins.
  private var foundation: [Sign] {
    guard !pod.hasBegun, pod.conditions["PodReadyToStartContainers"]?.holds != true else {
      return []
    }
    let problem = events.last {
      ["FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox"]
        .contains($0.reason)
    }
    guard let problem, !hasGoneOn(since: problem) else { return [] }
    if PlatformText.isNodeBehind(problem.message) {
      return [
        .mayHeal(
          .cacheNotSynced(place, said: problem.message), of: pod.object.uid,
          patience: Self.retryPatience)
      ]
    }
    let cause: Cause =
      problem.reason == "FailedCreatePodSandBox"
      ? .sandbox(place, said: problem.message) : .volume(place, said: problem.message)
    return [.mayHeal(cause, of: pod.object.uid)]
  }

  /// Whether the node came to the images since.
  private func hasGoneOn(since problem: EventReading) -> Bool {
    events.contains {
      ["Pulling", "Pulled", "Created", "Started"].contains($0.reason)
        && $0.lastSeen >= problem.lastSeen
    }
  }

  private func signs(_ container: ContainerReading) -> [Sign] {
    if container.isPreparation, container.ending?.code == 0, case .ended = container.state {
      return []
    }
    if let sign = killedSign(container) ?? endingSign(container) { return [sign] }
    switch container.state {
    case .waiting(let reason, let message):
      return waitingSign(container, reason, message).map { [$0] } ?? []
    case .running: return unansweredSign(container).map { [$0] } ?? []
    case .ended: return []
    }
  }

  // MARK: Containers that wait

  private func waitingSign(
    _ container: ContainerReading, _ reason: String, _ message: String
  ) -> Sign? {
    let place = place(container)
    let subject = subject(container)
    switch reason {
    case "InvalidImageName", "ErrImageNeverPull":
      return .sound(
        .imageRefused(place, image: container.image, reason: reason, said: message), of: subject)
    case "CreateContainerConfigError":
      return PlatformText.isCacheNotSynced(message)
        ? .mayHeal(.cacheNotSynced(place, said: message), of: subject)
        : .sound(.configuration(place, said: message), of: subject)
    case "CreateContainerError", "RunContainerError", "PreCreateHookError", "PreStartHookError",
      "PostStartHookError":
      return startSign(container, reason, message)
    default: return imageSign(container, reason, message)
    }
  }

  private func imageSign(
    _ container: ContainerReading, _ reason: String, _ message: String
  ) -> Sign? {
    let refusal = events.last {
      $0.reason == "Failed" && $0.container == container.name
        && $0.message.hasPrefix("Failed to pull image")
    }
    let isRefused = [
      "ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable",
    ]
    .contains(reason)
    // The event comes before the state; a container that has run had its image.
    guard isRefused || refusal != nil, container.lastEnding == nil else { return nil }
    let words = [refusal?.message ?? "", message]
    let said = words.first { PlatformText.isImageNotFound($0) } ?? words.first { !$0.isEmpty } ?? ""
    let place = place(container)
    if PlatformText.isImageNotFound(said) {
      return .sound(
        .imageNotFound(place, image: container.image, said: said), of: subject(container))
    }
    let isPulledAgain = events.contains {
      $0.reason == "Pulling" && $0.container == container.name
        && $0.lastSeen > refusal?.lastSeen ?? $0.lastSeen
    }
    return .mayHeal(
      .imageNotPulled(place, image: container.image, said: said), of: subject(container),
      patience: isPulledAgain ? Self.pullPatience : .zero)
  }

  private func startSign(
    _ container: ContainerReading, _ reason: String, _ message: String
  ) -> Sign {
    let place = place(container)
    return PlatformText.isProgramMissing(message)
      ? .sound(.programMissing(place, said: message), of: subject(container))
      : .mayHeal(.notStarted(place, reason: reason, said: message), of: subject(container))
  }

  // MARK: Containers that ended

  private func endingSign(_ container: ContainerReading) -> Sign? {
    let endings = container.endings - forgiven[container.name, default: 0]
    guard endings > 0, let ending = container.ending else { return nil }
    if ending.code == 128 || ["StartError", "ContainerCannotRun"].contains(ending.reason) {
      // It never ran: the node could not make it.
      if case .running = container.state { return nil }
      return startSign(container, ending.reason, ending.message)
    }
    guard endings >= Self.endingsMax || !(container.isReady || othersAreWell) else { return nil }
    let exit = Cause.Exit(
      code: ending.code, signal: ending.signal, reason: ending.reason,
      restarts: container.restarts, lastLine: ending.lastLine)
    let cause: Cause =
      ending.reason == "OOMKilled"
      ? .outOfMemory(place(container), exit, limit: container.memoryLimit)
      : .exited(place(container), exit)
    return .sound(cause, of: subject(container))
  }

  // MARK: Probes

  /// The node killed it, as a probe was not answered for as long as the pod's settings allow.
  private func killedSign(_ container: ContainerReading) -> Sign? {
    if let probe = container.startupProbe, !container.isStarted, wasKilled(container, by: .startup)
    {
      return .sound(failure(container, .startup, probe), of: subject(container))
    }
    let endings = container.endings - forgiven[container.name, default: 0]
    guard let probe = container.livenessProbe, !container.isReady,
      wasKilled(container, by: .liveness), endings >= Self.endingsMax || !othersAreWell
    else { return nil }
    return .sound(failure(container, .liveness, probe), of: subject(container))
  }

  /// It runs and does not answer.
  ///
  /// One question without an answer proves nothing, healthy pods have that too.
  private func unansweredSign(_ container: ContainerReading) -> Sign? {
    let kind: Cause.ProbeKind
    let probe: ProbeReading
    if let startup = container.startupProbe, !container.isStarted {
      (kind, probe) = (.startup, startup)
    } else if let readiness = container.readinessProbe, !container.isReady {
      (kind, probe) = (.readiness, readiness)
    } else {
      return nil
    }
    return .mayHeal(
      failure(container, kind, probe), of: life(container), patience: probe.patienceMax)
  }

  /// A container that was started again begins anew.
  private func life(_ container: ContainerReading) -> String {
    "\(subject(container))/\(container.restarts)"
  }

  private func wasKilled(_ container: ContainerReading, by kind: Cause.ProbeKind) -> Bool {
    events.contains {
      $0.reason == "Killing" && $0.container == container.name
        && $0.message.contains("failed \(kind.rawValue) probe")
    }
  }

  private func failure(
    _ container: ContainerReading, _ kind: Cause.ProbeKind, _ probe: ProbeReading
  ) -> Cause {
    let word = kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst() + " probe"
    let event = events.last {
      $0.reason == "Unhealthy" && $0.container == container.name && $0.message.hasPrefix(word)
    }
    return .probeFailed(
      place(container), kind, patience: probe.patienceMax, said: event?.message ?? "")
  }
}
