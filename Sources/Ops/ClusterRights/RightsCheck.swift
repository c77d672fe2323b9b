import Core
import POSIX

/// Asks a cluster for all that a rollout needs to be allowed, before it begins.
struct RightsCheck {
  /// How many questions are under way at once.
  private static let questionsMax = 8

  let rights: [ClusterRight]
  let client: ClusterClient
  let namespace: String
  let environment: String

  /// What is not allowed, all of it: the missing one should not be found one at a time.
  func check() throws -> PreflightCheck {
    let missing = try denied()
    let names = Set(missing.filter { $0.right.need == .required }.map(\.words)).sorted()
    guard names.isEmpty else {
      return PreflightCheck(
        "rights", .refuse,
        "not allowed in namespace \(namespace): \(names.joined(separator: ", "));"
          + " ops render role --env \(environment) prints what is needed")
    }
    let lacking = missing.compactMap { item in
      if case .optional(let loss) = item.right.need { "\(item.words) (\(loss))" } else { nil }
    }
    guard lacking.isEmpty else {
      return PreflightCheck(
        "rights", .warn, "done without: \(lacking.sorted().joined(separator: ", "))")
    }
    let count = rights.reduce(0) { $0 + $1.verbs.count }
    return PreflightCheck("rights", .ok, "\(counted(count, "kind")) of call allowed")
  }

  private struct Denied: Sendable {
    let right: ClusterRight
    let call: ClusterCall
    var words: String { "\(call.verb) \(call.resource)" }
  }

  private func denied() throws -> [Denied] {
    let calls = rights.flatMap { right in
      right.calls(in: namespace).map { Denied(right: right, call: $0) }
    }
    var found: [Denied] = []
    var rest = calls[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(Self.questionsMax))
      rest = rest.dropFirst(part.count)
      let answers = WorkThread.map(part, "rights") { item in
        Result { () throws(ClusterFailure) in try client.isAllowed(item.call, within: namespace) }
      }
      for (item, answer) in zip(part, answers) where try !answer.get() { found.append(item) }
    }
    return found
  }
}
