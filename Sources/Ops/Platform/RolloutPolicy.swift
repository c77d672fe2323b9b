import Core
import YAML

/// When a release counts as good.
struct RolloutPolicy: Sendable, Equatable, PlatformObject {
  /// What backup a rollout wants before it changes the schema.
  enum BackupRequirement: Sendable, Equatable {
    case skip
    /// A backup is taken by the rollout.
    case required
    /// The newest backup that was proven by a restore is not older.
    case provenWithin(Duration)

    init?(_ text: String) {
      switch text {
      case "skip": self = .skip
      case "required": self = .required
      default:
        let parts = text.split(separator: " ")
        guard parts.count == 2, parts[0] == "proven-within", let age = DurationText.parse(parts[1])
        else { return nil }
        self = .provenWithin(age)
      }
    }
  }

  /// Polls per second.
  let probeRate: Int
  let consecutive: Int
  let minReady: Duration
  let soak: Duration
  let failedMax: Int
  let grace: Duration
  let latencyFactor: Double
  /// Shares of the new release before it replaces the old one; empty for none.
  let steps: [RolloutStep]
  let backup: BackupRequirement
  let notify: NotifyPolicy?
  /// Where the metrics of a rollout are pushed to.
  let pushgateway: String?

  init?(_ object: inout ObjectReader) {
    probeRate = object.value(
      "probeRate", .integer(1...1000), default: "20",
      "Polls per second of /health through the entrance of the environment.")
    consecutive = object.value(
      "consecutive", .integer(1...100_000), default: "50",
      "Good answers in a row, all from the new revision, that open the gate.")
    minReady = object.value(
      "minReady", .duration, default: "4s",
      "How long a new replica stays up and healthy before it may answer a client; "
        + "minReadySeconds on Kubernetes.")
    soak = object.value(
      "soak", .duration, default: "30s", "How long the probes go on after the gate has opened.")
    failedMax = object.value(
      "failedMax", .integer(0...1_000_000), default: "0",
      "Failed polls, from the first change to the end of the soak, that are forgiven.")
    grace = object.value(
      "grace", .duration, default: "60s",
      "How long a cluster has for what may heal: no node yet, a registry or a volume that does not "
        + "answer, a quota.")
    latencyFactor = object.value(
      "latencyFactor", .number(min: 1), default: "3",
      "How many times slower than the baseline the new release may answer.")
    steps =
      object.optional(
        "steps", .list(.object),
        "Shares of requests that the new release gets by a canary beside the old one, each judged "
          + "before the next, the last before all of it.",
        defaultText: "[]", example: "[{ weight: 10, for: 2m }, { weight: 50, for: 5m }]") ?? []
    backup = object.value(
      "backup", .backupRequirement, default: "skip",
      "The backup that must exist before the schema changes.", example: "proven-within 24h")
    notify = object.optional("notify", .object, "Who is told; left out for nobody.")
    pushgateway = object.optional(
      "pushgateway", .pushgateway, "The Pushgateway that gets the metrics of each rollout.")
  }
}

extension FieldType where Value == RolloutPolicy.BackupRequirement {
  static var backupRequirement: FieldType {
    .text(.backupRequirement, hint: { _ in nil }) { RolloutPolicy.BackupRequirement($0) }
  }
}

extension TextForm {
  fileprivate static let backupRequirement = TextForm(
    "skip, required, or proven-within with a duration", examples: ["proven-within 24h"],
    pattern: TextPattern(
      "skip|required|proven-within +\(TextForm.duration.pattern?.source ?? "")"))
}
