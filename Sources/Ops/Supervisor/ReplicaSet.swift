import Core
import JSON

/// Replicas of one release that the supervisor keeps running.
struct ReplicaSet: Sendable, Equatable {
  /// How far the release has come.
  enum Stage: String, Sendable {
    /// Runs, is observed in private, and answers no client. Not restarted when it ends.
    case candidate
    /// Answers clients. Restarted when it ends.
    case serving
    /// Finishes what it has begun. Not restarted.
    case leaving
  }

  /// What runs: the hash of program, configuration and rollout number.
  let revision: String
  /// The program's path.
  let program: String
  /// The whole environment of each replica, but for what the supervisor adds itself.
  let environment: [String: String]
  /// How many replicas.
  let count: Int
  /// How long a replica that leaves may take before it is killed.
  let leaveTimeout: Duration
  /// How far the release has come.
  var stage: Stage
}

extension ReplicaSet {
  /// The set as the supervisor's state file and its socket carry it.
  var json: JSONValue {
    [
      "revision": .string(revision),
      "program": .string(program),
      "environment": .object(
        environment.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) }),
      "count": .integer(Int64(count)),
      "leaveTimeoutMs": .integer(leaveTimeout.inMilliseconds),
      "stage": .string(stage.rawValue),
    ]
  }

  /// Reads what `json` wrote, nil where it is something else.
  init?(_ json: JSONValue) {
    guard let revision = json["revision"]?.text, let program = json["program"]?.text,
      let members = json["environment"]?.members, let count = json["count"]?.number,
      let leave = json["leaveTimeoutMs"]?.number,
      let stage = json["stage"]?.text.flatMap(Stage.init(rawValue:))
    else { return nil }
    self.init(
      revision: revision, program: program,
      environment: Dictionary(
        members.compactMap { member in member.value.text.map { (member.name, $0) } },
        uniquingKeysWith: { first, _ in first }),
      count: Int(clamping: count), leaveTimeout: .milliseconds(leave), stage: stage)
  }
}
