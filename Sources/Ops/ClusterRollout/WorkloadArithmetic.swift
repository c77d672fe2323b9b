import Core
import JSON

/// What the rendered objects of a service say of a rollout by themselves: times, numbers of pods
/// and of connections.
struct WorkloadArithmetic: Sendable {
  /// An amount of one resource of a quota.
  struct Amount: Sendable {
    let value: Int
    let read: @Sendable (String) -> Int?
    let unit: String

    func written(_ amount: Int) -> String { "\(max(0, amount))\(unit)" }
  }

  /// What nobody asks of a server but its service: migrations and people who look.
  private static let connectionsSpare = 3

  private let deployment: JSONValue?
  private let autoscaler: JSONValue?
  private let connectionLimit: ConnectionLimit?
  /// How many pods serve now; nil where nobody looked, or none do.
  private let live: Int?
  /// The steps of a canary, and how requests are shared with it.
  private let steps: [RolloutStep]
  private let form: CanaryForm
  /// Whether something before the pods shares the requests of a kept connection among them.
  private let sharesRequests: Bool

  init(
    _ objects: [ClusterObject], live: Int? = nil, steps: [RolloutStep] = [],
    form: CanaryForm = .pods, sharesRequests: Bool = false
  ) {
    (self.live, self.steps, self.form) = (live, steps, form)
    self.sharesRequests = sharesRequests || form != .pods
    deployment = objects.first { $0.kind == .deployment }?.json
    autoscaler = objects.first { $0.kind.kind == "HorizontalPodAutoscaler" }?.json
    connectionLimit = ConnectionLimit(of: objects)
  }

  private var pod: JSONValue? { deployment?["spec"]?["template"]?["spec"] }
  private var container: JSONValue? {
    pod?["containers"]?.elements?.first { $0["name"]?.text == Objects.app }
  }
  /// A variable of the service.
  private func setting(_ name: String) -> String? {
    container?["env"]?.elements?.first { $0["name"]?.text == name }?["value"]?.text
  }
  private var isRecreated: Bool { deployment?["spec"]?["strategy"]?["type"]?.text == "Recreate" }

  /// All checks, in their order.
  func checks() -> [PreflightCheck] {
    [grace(), strategy(), probe(), replicas(), connections()].compactMap(\.self)
  }

  /// Pods that come at once at the most, beside `stable` ones: those of a canary, and the one that
  /// comes before one goes.
  private func surge(beside stable: Int) -> Int {
    (isRecreated ? 0 : 1) + (steps.last.map { form.pods(for: $0.weight, beside: stable) } ?? 0)
  }

  /// The same beside so many as there are.
  var surge: Int { surge(beside: usual) }

  /// What the release has when nothing happens, and those more that an autoscaler has made.
  private var usual: Int {
    guard let autoscaler else {
      return Int(clamping: deployment?["spec"]?["replicas"]?.number ?? 1)
    }
    return max(Int(clamping: autoscaler["spec"]?["minReplicas"]?.number ?? 1), live ?? 0)
  }

  /// What each step comes to, and whether it can be judged by; nil without steps.
  func canary(probeRate: Int, consecutive: Int) -> PreflightCheck? {
    guard !steps.isEmpty else { return nil }
    let words = steps.map { step in
      let share = form.share(of: step.weight, beside: usual)
      let pods = form.pods(for: step.weight, beside: usual)
      return "\(step.weight) % for \(DurationText.format(step.time)):"
        + " \(counted(pods, "pod")) beside \(usual), \(share) %"
    }
    let shares = words.joined(separator: "; ")
    func tooShort(_ more: Duration) -> RolloutStep? {
      steps.first { answers(of: $0, within: $0.time + more, probeRate) < consecutive }
    }
    if let step = tooShort(CanaryPolicy.answersTimeoutDefault) {
      return PreflightCheck(
        "canary", .refuse,
        "\(shares): at \(step.weight) % fewer than \(consecutive) polls of \(probeRate)/s reach it,"
          + " so that nobody could judge it; raise rollout.probeRate, the time of the step or its"
          + " weight, or bring it whole by --skip-steps")
    }
    guard let step = tooShort(.zero) else { return PreflightCheck("canary", .ok, shares) }
    return PreflightCheck(
      "canary", .warn,
      "\(shares): at \(step.weight) % hardly \(consecutive) polls of \(probeRate)/s reach it in"
        + " time; it then takes longer")
  }

  /// Answers of the canary that are to be hoped for: fewer come once in forty times.
  ///
  /// Where a Service alone stands before the pods those on new connections are counted: the others
  /// stay with the pods that they have. Behind an address requests may be shared one by one.
  private func answers(of step: RolloutStep, within time: Duration, _ probeRate: Int) -> Int {
    let share = Double(form.share(of: step.weight, beside: usual)) / 100
    let polls = sharesRequests ? Double(probeRate) : Double(probeRate) / 2
    let mean = time.inSeconds * polls * share
    return Int(mean - 2 * mean.squareRoot())
  }

  /// What the pods take of a quota that a rollout brings beside those that serve.
  var surgeUsage: [String: Amount] {
    var usage = ["pods": Amount(value: surge, read: { Int($0) }, unit: "")]
    let resources = container?["resources"]
    for (part, prefix) in [("requests", "requests."), ("limits", "limits.")] {
      if let text = resources?[part]?["cpu"]?.text, let amount = Quantity.processor(text) {
        usage[prefix + "cpu"] = Amount(
          value: amount.amount * surge, read: { Quantity.processor($0)?.amount }, unit: "m")
      }
      if let text = resources?[part]?["memory"]?.text, let amount = Quantity.bytes(text) {
        usage[prefix + "memory"] = Amount(
          value: amount.amount * surge, read: { $0 == "0" ? 0 : Quantity.bytes($0)?.amount },
          unit: " bytes")
      }
    }
    return usage
  }

  /// A pod must have the time for all that it does before it is killed.
  private func grace() -> PreflightCheck {
    let grace = pod?["terminationGracePeriodSeconds"]?.number ?? 30
    let preStop = container?["lifecycle"]?["preStop"]?["sleep"]?["seconds"]?.number ?? 0
    let (closing, drain) = (seconds("DRAIN_DELAY"), seconds("DRAIN_TIMEOUT"))
    let margin = Environment.stopMargin.components.seconds
    let beside = preStop + closing + margin
    let words =
      "grace of \(grace) s for drain of \(drain) s, \(preStop) s preStop, \(closing) s closing and"
      + " \(margin) s margin"
    guard grace < beside + drain else { return PreflightCheck("grace", .ok, words) }
    let shorter = grace > beside ? ", or drain to at most \(grace - beside)s" : ""
    return PreflightCheck(
      "grace", .refuse, "\(words); set grace to at least \(beside + drain)s\(shorter)")
  }

  private func seconds(_ name: String) -> Int64 {
    setting(name).flatMap { DurationText.parse($0) }?.components.seconds ?? 0
  }

  /// Its name, for what only a chart that somebody changed can have wrong.
  private var name: String {
    let name = deployment?["metadata"]?["name"]?.text
    return "Deployment \(name ?? Objects.app)"
  }

  private func strategy() -> PreflightCheck {
    if isRecreated {
      return PreflightCheck(
        "strategy", .warn,
        "Recreate: nobody is served between the old pod and the new one; rollout.failedMax has to"
          + " allow for that, or database.mode be another than sqlite")
    }
    let unavailable = deployment?["spec"]?["strategy"]?["rollingUpdate"]?["maxUnavailable"]
    guard unavailable?.number == 0 || unavailable?.text == "0" || unavailable?.text == "0%" else {
      return PreflightCheck(
        "strategy", .refuse,
        "\(name): spec.strategy.rollingUpdate.maxUnavailable is not 0, so that a pod goes before"
          + " one comes; set it to 0, as ops render writes it")
    }
    return PreflightCheck("strategy", .ok, "a pod comes before one goes")
  }

  /// Where the old pod goes before the new one comes, requests fail, which somebody has to have
  /// allowed; nil where none has to.
  func downtime(over former: ClusterRelease?, failedMax: Int) -> PreflightCheck? {
    guard isRecreated, former != nil else { return nil }
    return PreflightCheck(
      "downtime", failedMax > 0 ? .ok : .refuse,
      failedMax > 0
        ? "\(failedMax) requests may fail while no pod serves"
        : "no request may fail, and some will while no pod serves; set rollout.failedMax to how"
          + " many may")
  }

  private func probe() -> PreflightCheck {
    container?["readinessProbe"] == nil
      ? PreflightCheck(
        "readiness", .refuse,
        "\(name): its container has no readinessProbe, so that its pods would be asked too early;"
          + " give it one, as ops render writes it")
      : PreflightCheck("readiness", .ok, "asked before clients are sent")
  }

  private func replicas() -> PreflightCheck {
    let written = deployment?["spec"]?["replicas"]?.number
    switch (autoscaler, written) {
    case (nil, let count):
      return PreflightCheck("replicas", .ok, counted(Int(clamping: count ?? 1), "replica"))
    case (_, nil): return PreflightCheck("replicas", .ok, "the autoscaler's")
    case (_, .some):
      return PreflightCheck(
        "replicas", .refuse,
        "\(name): spec.replicas is written beside an autoscaler, whose work every rollout would"
          + " undo; take it out, as ops render does, or autoscale")
    }
  }

  /// All pods of a rollout together must not take all that the server gives; nil for a file.
  private func connections() -> PreflightCheck? {
    if setting("DATABASE_URL") == DataVolume.address { return nil }
    let count = autoscaler?["spec"]?["maxReplicas"] ?? deployment?["spec"]?["replicas"]
    let most = Int(clamping: count?.number ?? 1)
    let key = autoscaler == nil ? "replicas" : "autoscale.max"
    let pool = setting("POOL_SIZE").flatMap { Int($0) } ?? DatabaseConnections.poolSize
    let surge = surge(beside: most)
    let each = pool + DatabaseConnections.auditConnections
    let wanted = (most + surge) * each + Self.connectionsSpare
    let sum =
      "(\(key) \(most) + \(surge) by the rollout) x (env.POOL_SIZE \(pool) +"
      + " \(DatabaseConnections.auditConnections)) + \(Self.connectionsSpare) = \(wanted)"
    guard let limit = connectionLimit else {
      return PreflightCheck(
        "connections", .warn,
        "not checked: \(sum) are wanted of a server that is none of these objects; compare with its"
          + " SHOW max_connections, less superuser_reserved_connections and what others hold, and"
          + " with max_client_conn of a pooler before it")
    }
    let words = "\(sum) of \(limit.count), \(limit.place)"
    guard wanted > limit.count else { return PreflightCheck("connections", .ok, words) }
    let fewer = steps.isEmpty ? "" : ", or the weights of rollout.steps"
    return PreflightCheck(
      "connections", .refuse,
      "\(words); set \(limit.key) higher by at least \(wanted - limit.count), or lower \(key) or"
        + " env.POOL_SIZE\(fewer)")
  }
}
