import Core
import JSON

extension ClusterObject {
  /// The label that says which rollout made a Job.
  static let rolloutLabel = "slipway/rollout"

  /// Whether it is the CronJob of a task of backups.
  func isSchedule(of task: BackupTask) -> Bool {
    kind == .cronJob && component == task.component
  }

  /// A Job made of this CronJob's template, now and not when its time comes.
  ///
  /// No owner: a CronJob counts what it owns, and this one may not be in the cluster yet. It is
  /// kept to be read as long as `keptSeconds`; a CronJob's own Jobs go by its history. `operand` is
  /// said to its program besides.
  func job(
    _ name: String, rollout: Int, keptSeconds: Int64, isQuestion: Bool = false,
    operand: String? = nil
  ) -> ClusterObject {
    let template = json.value(at: ["spec", "jobTemplate"]) ?? .object([])
    let label = JSONMember(Self.rolloutLabel, .string(String(rollout)))
    var job: JSONValue = [
      "apiVersion": .string(ResourceKind.job.apiVersion), "kind": .string(ResourceKind.job.kind),
      "metadata": ["name": .string(name)],
      "spec": template["spec"] ?? .object([]),
    ]
    let labels = template.value(at: ["metadata", "labels"]) ?? .object([])
    job = job.replacing(["metadata", "labels"], with: labels)
      .adding(label, to: ["metadata", "labels"])
      .adding(JSONMember("ttlSecondsAfterFinished", .integer(keptSeconds)), to: ["spec"])
    if let namespace { job = job.replacing(["metadata", "namespace"], with: .string(namespace)) }
    if isQuestion { job = job.asking() }
    if let operand { job = job.told(operand) }
    guard let object = ClusterObject(job) else {
      preconditionFailure("a Job has a kind and a name")
    }
    return object
  }
}

extension JSONValue {
  /// A Job of backups that lists them in place of taking one, by the same store and keys.
  fileprivate func asking() -> JSONValue {
    withArguments { given in
      let kept = zip(given, given.dropFirst()).filter {
        ["--store", "--name", "--signed-by"].contains($0.0)
      }
      return ["backup", "list"] + kept.flatMap { [$0.0, $0.1] }
    }
  }

  /// The same with one word more.
  fileprivate func told(_ operand: String) -> JSONValue { withArguments { $0 + [operand] } }

  private func withArguments(_ change: ([String]) -> [String]) -> JSONValue {
    let path = ["spec", "template", "spec", "containers"]
    let containers = (value(at: path)?.elements ?? []).map { container in
      let given = (container["args"]?.elements ?? []).compactMap(\.text)
      return container.replacing(["args"], with: .array(change(given).map { .string($0) }))
    }
    return replacing(path, with: .array(containers))
  }
}
