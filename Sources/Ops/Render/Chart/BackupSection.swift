import YAML

/// What the values of the chart say of the backups of an environment.
struct BackupSection {
  private let policy: BackupPolicy
  private let environment: Environment

  init(_ policy: BackupPolicy, _ environment: Environment) {
    self.policy = policy
    self.environment = environment
  }

  var node: YAMLNode {
    [
      "enabled": true, "schedule": .string(Self.plain(policy.schedule)),
      "store": .string(policy.store),
      // As `ops backup --env` calls it.
      "name": .string(environment.name),
      "encryptTo": YAMLNode.sequence(policy.encryptTo.map { .string($0) }).unlessEmpty,
      "signWith": policy.signWith.map { .string($0) },
      "signedBy": YAMLNode.sequence(policy.signedBy.map { .string($0) }).unlessEmpty,
      "image": policy.image.map { .string($0) },
      "credentials": policy.credentials.map { .string($0) },
      "metadata": .boolean(policy.asksMetadata), "port": .integer(policy.port),
      "pushgateway": environment.rollout.pushgateway.map { .string($0) },
      "memory": .string(policy.memory.text),
      "deadlineSeconds": .integer(policy.deadline.wholeSeconds),
      "serviceAccount": account(policy.serviceAccount), "drill": drill,
    ]
  }

  private var drill: YAMLNode {
    guard let schedule = Self.schedule(of: policy.drill.every) else { return ["enabled": false] }
    let drill = policy.drill
    return [
      "enabled": true, "schedule": .string(schedule),
      "identity": drill.identity.map { .string($0) },
      "storage": .string(drill.storage.text), "memory": .string(drill.memory.text),
      "deadlineSeconds": .integer(drill.deadline.wholeSeconds),
      "serviceAccount": account(drill.serviceAccount),
    ]
  }

  private func account(_ account: ServiceAccount) -> YAMLNode? {
    account.annotations.isEmpty ? nil : ["annotations": .texts(account.annotations)]
  }

  /// In the early morning, in UTC, when a nightly backup is long done; nil for never.
  private static func schedule(of interval: BackupPolicy.DrillInterval) -> String? {
    switch interval {
    case .never: nil
    case .daily: "23 5 * * *"
    case .weekly: "23 5 * * 1"
    case .monthly: "23 5 1 * *"
    }
  }

  /// A schedule with one space between its fields and no zeros before its numbers.
  private static func plain(_ schedule: String) -> String {
    var result = ""
    var number = ""
    for character in schedule + " " {
      if character.isNumber {
        number.append(character)
        continue
      }
      result += Int(number).map(String.init) ?? ""
      number = ""
      if character != " " || !(result.isEmpty || result.hasSuffix(" ")) { result.append(character) }
    }
    return String(result.dropLast())
  }
}
