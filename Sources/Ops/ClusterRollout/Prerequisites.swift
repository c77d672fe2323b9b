import Core
import JSON

/// What others make that a release can not do without: Secrets that an operator brings, a database
/// that is just starting.
struct Prerequisites {
  /// How long they are waited for.
  static let timeout: Duration = .seconds(300)
  /// Between two looks.
  private static let tick: Duration = .seconds(1)

  /// One that is not there yet.
  struct Missing: Sendable, Equatable {
    /// `Secret slipway-database`.
    let name: String
    /// Why, as far as the cluster says.
    let reason: String
    /// Whether somebody is known who brings it: what nobody does is not waited for.
    var isBrought = true

    var words: String { "\(name): \(reason)" }
  }

  let secrets: [String]
  let objects: [ClusterObject]
  /// Whether nothing serves yet: where something does, a database that is not whole is no reason
  /// to keep a release out.
  let isFirst: Bool
  let client: ClusterClient
  let namespace: String
  let environment: String

  /// Waits until all are there; tells what is waited for whenever that changes.
  func waitUntilThere(_ run: any RolloutContext) throws {
    let deadline = Deadline.after(min(Self.timeout, run.remaining))
    var told = ""
    while true {
      let missing = try asked(run).filter(\.isBrought)
      guard !missing.isEmpty else { return }
      let words = missing.map(\.words).joined(separator: "; ")
      if deadline.hasPassed {
        throw PhaseFailure("not there after \(DurationText.format(Self.timeout)): \(words)")
      }
      if words != told { run.note("waiting for \(words)") }
      told = words
      try run.wait(Self.tick)
    }
  }

  /// A cluster that does not answer for a moment says nothing of what is there.
  private func asked(_ run: any RolloutContext) throws -> [Missing] {
    let deadline = Deadline.after(ClusterLease.patience)
    while true {
      do throws(ClusterFailure) {
        return try missing()
      } catch {
        guard error.mayPass, !deadline.hasPassed else { throw error }
      }
      try run.wait(Self.tick)
    }
  }

  /// All that is not there, with what the cluster says of it.
  private func missing() throws(ClusterFailure) -> [Missing] {
    var missing = try missingSecrets()
    // What its own pods can not start without nobody waits for: whoever needs it says so sooner.
    let lost = Set(missing.filter { !$0.isBrought }.map(\.name))
    for object in objects where isFirst {
      let own = GivenSecrets(of: [object], client, in: namespace).names
      guard lost.isDisjoint(with: own.map(Self.title)) else { continue }
      if let one = try unready(object) { missing.append(one) }
    }
    return missing
  }

  /// The Secrets alone, which can be looked at before anything is applied.
  func missingSecrets() throws(ClusterFailure) -> [Missing] {
    var missing: [Missing] = []
    for secret in secrets {
      if let one = try missingSecret(secret) { missing.append(one) }
    }
    return missing
  }

  private func missingSecret(_ secret: String) throws(ClusterFailure) -> Missing? {
    do throws(ClusterFailure) {
      guard try client.get(.secret, secret, in: namespace) == nil else { return nil }
    } catch {
      // Who may not look finds out by the pods that mount it.
      if error.reason == .forbidden { return nil }
      throw error
    }
    let name = Self.title(secret)
    if let object = objects.first(where: { $0.brings(secret) }) {
      let live = try client.get(object.kind, object.name, in: namespace)
      return Missing(
        name: name,
        reason: "\(object.kind.kind) \(object.name): \(Self.doubt(live) ?? "has not made it yet")")
    }
    if objects.contains(where: { $0.isMadeWith(secret) }) {
      return Missing(name: name, reason: "the operator of the database has not made it yet")
    }
    return Missing(
      name: name,
      reason: "nothing here makes it; ops secrets init --env \(environment)", isBrought: false)
  }

  private static func title(_ secret: String) -> String { "Secret \(secret)" }

  private func unready(_ object: ClusterObject) throws(ClusterFailure) -> Missing? {
    let name = "\(object.kind.kind) \(object.name)"
    switch object.kind {
    case .statefulSet:
      let live = try client.get(object.kind, object.name, in: namespace)
      guard !Self.isReady(statefulSet: live) else { return nil }
      return Missing(name: name, reason: try podDoubt(of: object) ?? "its pod is not ready yet")
    case .databaseCluster:
      let live = try client.get(object.kind, object.name, in: namespace)
      guard !Self.isTrue(live, "Ready") else { return nil }
      let phase = [live?["status"]?["phase"], live?["status"]?["phaseReason"]]
        .compactMap { $0?.text }.joined(separator: ": ")
      return Missing(name: name, reason: phase.isEmpty ? "its operator says nothing yet" : phase)
    default: return nil
    }
  }

  private static func isReady(statefulSet live: JSONValue?) -> Bool {
    let status = live?["status"]
    let wanted = live?["spec"]?["replicas"]?.number ?? 1
    return status?["readyReplicas"]?.number ?? 0 >= wanted
      && status?["observedGeneration"]?.number ?? 0 >= live?["metadata"]?["generation"]?.number ?? 0
  }

  /// What the first pod that is not ready says.
  private func podDoubt(of object: ClusterObject) throws(ClusterFailure) -> String? {
    let labels = object.json["spec"]?["selector"]?["matchLabels"]?.members ?? []
    let selector = labels.map { "\($0.name)=\($0.value.text ?? "")" }.joined(separator: ",")
    let pods = try client.list(ClusterSelection(.pod, in: namespace, labels: selector)).items
    for pod in pods where !Self.isTrue(pod, "Ready") {
      let waiting = (pod["status"]?["containerStatuses"]?.elements ?? []).lazy
        .compactMap { $0["state"]?["waiting"] }.first
      let words = [waiting?["reason"]?.text, waiting?["message"]?.text].compactMap(\.self)
      let doubt = words.isEmpty ? Self.doubt(pod) : words.joined(separator: ": ")
      return "pod \(pod["metadata"]?["name"]?.text ?? "?"): \(doubt ?? "is not ready yet")"
    }
    return nil
  }

  private static func isTrue(_ object: JSONValue?, _ type: String) -> Bool {
    object?["status"]?["conditions"]?.elements?.contains {
      $0["type"]?.text == type && $0["status"]?.text == "True"
    } ?? false
  }

  /// The first condition that is not met and says why.
  private static func doubt(_ object: JSONValue?) -> String? {
    (object?["status"]?["conditions"]?.elements ?? []).lazy.compactMap { condition -> String? in
      guard condition["status"]?.text == "False" else { return nil }
      let words = [condition["reason"]?.text, condition["message"]?.text]
        .compactMap { $0 }.filter { !$0.isEmpty }
      return words.isEmpty ? nil : words.joined(separator: ": ")
    }.first
  }
}

extension ClusterObject {
  /// Whether it is what an operator makes a Secret of.
  fileprivate func brings(_ secret: String) -> Bool {
    kind.kind == "ExternalSecret" && json["spec"]?["target"]?["name"]?.text == secret
  }

  /// Whether it is a database whose operator makes the Secret of its owner with it.
  ///
  /// https://cloudnative-pg.io/documentation/current/applications/#secrets
  fileprivate func isMadeWith(_ secret: String) -> Bool {
    kind == .databaseCluster && secret == "\(name)-app"
  }
}
