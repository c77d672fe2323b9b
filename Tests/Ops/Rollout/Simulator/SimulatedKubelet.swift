import Core

extension SimulatedPod {
  /// How long a pod serves on that was asked to leave.
  private static let drain: Duration = .seconds(6)
  /// How long a container that ends again and again waits, the first time at once.
  private static func backOff(_ restarts: Int) -> Duration {
    restarts == 0 ? .milliseconds(200) : .seconds(10) * (1 << min(restarts - 1, 5))
  }
  /// What a startup probe allows: as `SimulatedObjects` writes it.
  static let startupPatience: Duration = .seconds(60)

  /// Lets time pass for the pod; what the node reports of it meanwhile.
  mutating func step(to now: Duration, _ world: SimulatedCluster) -> [SimulatedEvent] {
    guard !isGone, !wasEvicted else { return [] }
    if let leavesAt {
      // Clients that had connections are served until the end.
      if now >= leavesAt + Self.drain { isGone = true }
      return []
    }
    let age = now - createdAt
    guard schedule(age, now, world) else { return [] }
    switch state {
    case .unscheduled: state = .creating
    case .creating, .waiting: return prepare(age, now, world)
    case .running: return run(now, world)
    case .ended: restartIfDue(now)
    }
    return []
  }

  /// Whether a node has taken the pod.
  private mutating func schedule(_ age: Duration, _ now: Duration, _ world: SimulatedCluster)
    -> Bool
  {
    if isScheduled { return true }
    switch release.conduct {
    case .unschedulable: return false
    case .unscheduledForAWhile where now < world.troubleEnds: return false
    default: isScheduled = age > .milliseconds(100)
    }
    return isScheduled
  }

  /// What stands before the first start, and between starts.
  private mutating func prepare(
    _ age: Duration, _ now: Duration, _ world: SimulatedCluster
  ) -> [SimulatedEvent] {
    if restarts > 0 || lastEnding != nil {
      restartIfDue(now)
      return []
    }
    guard age >= startsAfter else { return [] }
    switch release.conduct {
    case .imageMissing:
      return wait(
        "ErrImagePull", "ghcr.io/example/slipway:9: not found",
        .init(
          self, "Failed",
          #"Failed to pull image "ghcr.io/example/slipway:9": not found"#, ofContainer: true))
    case .imageUnreachable:
      return wait("ImagePullBackOff", "dial tcp: i/o timeout", nil)
    case .registryHiccup where now < world.troubleEnds:
      return wait("ErrImagePull", "503 Service Unavailable", nil)
    case .misconfigured:
      return wait("CreateContainerConfigError", #"secret "slipway-database" not found"#, nil)
    case .mountedLate where now < world.troubleEnds:
      return state == .creating
        ? [.init(self, "FailedMount", #"secret "slipway-database" not found"#)] : []
    default:
      state = .running
      runsSince = now
      return []
    }
  }

  private mutating func wait(
    _ reason: String, _ message: String, _ event: SimulatedEvent?
  ) -> [SimulatedEvent] {
    let isNew = state == .creating
    state = .waiting(reason: reason, message: message)
    return isNew ? event.map { [$0] } ?? [] : []
  }

  private mutating func run(_ now: Duration, _ world: SimulatedCluster) -> [SimulatedEvent] {
    let ran = now - (runsSince ?? now)
    switch release.conduct {
    case .crashing where ran >= startsAfter: end(3, "Error", now)
    case .outOfMemory where ran >= startsAfter: end(137, "OOMKilled", now)
    case .crashingOnceReady where isReady && ran >= readyAfter + .seconds(3): end(1, "Error", now)
    case .crashesOnceLater where world.mayCrashOnce(self, ran): end(1, "Error", now)
    case .evictedOnce where world.mayEvict(self, ran):
      wasEvicted = true
      readySince = nil
    case .neverStarted:
      guard ran >= Self.startupPatience else { return [] }
      end(137, "Error", now)
      return [
        .init(
          self, "Killing", "Container app failed startup probe, will be restarted",
          ofContainer: true)
      ]
    case .neverReady: isStarted = ran >= startsAfter
    default:
      isStarted = isStarted || ran >= readyAfter
      if readySince == nil, ran >= readyAfter { readySince = now }
    }
    let wasUnhealthy = !isReady && ran > .milliseconds(900) && ran < .milliseconds(1100)
    return wasUnhealthy
      ? [.init(self, "Unhealthy", "Readiness probe failed: 503", ofContainer: true)] : []
  }

  mutating func end(_ code: Int, _ reason: String, _ now: Duration) {
    state = .ended(code: code, reason: reason)
    lastEnding = (code, reason)
    readySince = nil
    isStarted = false
    restartAt = now + Self.backOff(restarts)
  }

  private mutating func restartIfDue(_ now: Duration) {
    if let restartAt, now >= restartAt {
      self.restartAt = nil
      restarts += 1
      state = .running
      runsSince = now
    } else if case .ended = state, let restartAt, restartAt - now > .seconds(1), restarts > 0 {
      state = .waiting(reason: "CrashLoopBackOff", message: "back-off restarting failed container")
    }
  }
}

/// What a node reports of a pod.
struct SimulatedEvent: Equatable {
  let about: String
  let subject: String
  let container: String?
  let reason: String
  let message: String

  init(_ pod: SimulatedPod, _ reason: String, _ message: String, ofContainer: Bool = false) {
    about = pod.uid
    subject = pod.name
    container = ofContainer ? "app" : nil
    self.reason = reason
    self.message = message
  }
}
