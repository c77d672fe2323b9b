import Core
import JSON

/// What a pod says of one of its containers.
///
/// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container
struct ContainerReading: Sendable, Equatable {
  /// What a container does.
  enum State: Sendable, Equatable {
    /// Nothing yet, or nothing any more: why, in a word, and in a sentence.
    case waiting(reason: String, message: String)
    /// It runs.
    case running
    /// It has ended.
    case ended(Ending)
  }

  let name: String
  let image: String
  /// Whether it runs before the others and has to end well; one that then keeps running has not.
  let isPreparation: Bool
  /// As the specification has it, `128Mi`; nil where there is no limit.
  let memoryLimit: String?
  let startupProbe: ProbeReading?
  let readinessProbe: ProbeReading?
  let livenessProbe: ProbeReading?
  let state: State
  /// How it ended before it was started again.
  let lastEnding: Ending?
  let restarts: Int
  let isReady: Bool
  /// Whether its startup probe was answered; as if, where it has none.
  let isStarted: Bool

  /// Joins what was specified with what is.
  init?(specification: JSONValue, status: JSONValue, isInit: Bool) {
    guard let name = specification["name"]?.text else { return nil }
    self.name = name
    image = specification["image"]?.text ?? ""
    isPreparation = isInit && specification["restartPolicy"]?.text != "Always"
    memoryLimit = specification["resources"]?["limits"]?["memory"]?.text
    startupProbe = specification["startupProbe"].flatMap(ProbeReading.init)
    readinessProbe = specification["readinessProbe"].flatMap(ProbeReading.init)
    livenessProbe = specification["livenessProbe"].flatMap(ProbeReading.init)
    state = State(status["state"] ?? .null)
    lastEnding = status["lastState"]?["terminated"].flatMap(Ending.init)
    restarts = status.count("restartCount") ?? 0
    isReady = status["ready"]?.truth ?? false
    isStarted = status["started"]?.truth ?? false
  }

  /// How often it has ended, the first time included.
  var endings: Int {
    switch state {
    case .ended: restarts + 1
    case .running: restarts
    // Between an ending and the next start; before the first start there was no ending.
    case .waiting: lastEnding == nil ? restarts : restarts + 1
    }
  }

  /// The ending that it shows, now or before it was started again.
  var ending: Ending? {
    if case .ended(let ending) = state { ending } else { lastEnding }
  }
}

extension ContainerReading.State {
  init(_ state: JSONValue) {
    if let ending = state["terminated"].flatMap(Ending.init) {
      self = .ended(ending)
    } else if state["running"]?.members != nil {
      self = .running
    } else {
      let waiting = state["waiting"] ?? .null
      self = .waiting(
        reason: waiting["reason"]?.text ?? "", message: waiting["message"]?.text ?? "")
    }
  }
}

/// How a container ended.
struct Ending: Sendable, Equatable {
  let code: Int
  /// What killed it, nil where it ended by itself.
  let signal: Int?
  /// `Error`, `OOMKilled`, `Completed`, `StartError`.
  let reason: String
  /// What it left to be said, or its last lines where the pod wants that.
  let message: String
  /// How long it ran, by the node's clock; nil where the node does not say.
  let ran: Duration?

  init?(_ terminated: JSONValue) {
    guard let code = terminated["exitCode"]?.number else { return nil }
    self.code = Int(clamping: code)
    let known = terminated["signal"]?.number.map { Int(clamping: $0) }
    // A shell's and a runtime's way to say it; more than 64 signals there are not.
    signal = known ?? ((129...192).contains(code) ? Int(code) - 128 : nil)
    reason = terminated["reason"]?.text ?? ""
    message = terminated["message"]?.text ?? ""
    let times = ["startedAt", "finishedAt"].compactMap { name in
      terminated[name]?.text.flatMap { Timestamp(iso8601: $0) }
    }
    ran = times.count == 2 ? times[1].since(times[0]) : nil
  }

  /// The last line of what it left.
  var lastLine: String? {
    LogLine.last(of: message.split(whereSeparator: \.isNewline).map(String.init))
  }
}

/// How a container is asked how it is.
struct ProbeReading: Sendable, Equatable {
  let initialDelay: Duration
  let period: Duration
  let timeout: Duration
  /// Failures in a row that count.
  let failures: Int

  init?(_ probe: JSONValue) {
    guard probe.members != nil else { return nil }
    initialDelay = .seconds(probe.count("initialDelaySeconds") ?? 0)
    period = .seconds(max(1, probe.count("periodSeconds") ?? 10))
    timeout = .seconds(max(1, probe.count("timeoutSeconds") ?? 1))
    failures = max(1, probe.count("failureThreshold") ?? 3)
  }

  /// What a container has at the least until its failures count.
  var patienceMin: Duration { initialDelay + period * (failures - 1) }

  /// What it has at the most: every question may take its whole time.
  var patienceMax: Duration { initialDelay + max(period, timeout) * failures }
}
