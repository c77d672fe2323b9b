import Core
import JSON

/// What somebody wants of an environment.
struct RolloutRequest: Sendable {
  /// The program to bring to a local environment; nil is the `app` beside this program.
  var binary: String?
  /// The image to bring to a cluster; nil is the one that was rendered last.
  var image: ImageReference?
  /// Changes of this release's environment.
  var variables: [String: String] = [:]
  var timeout: Duration = .seconds(600)
  var fromBroken = false
  var forwardOnly = false
  /// Whether all requests go to the new release at once, whatever steps the policy has.
  var skipSteps = false
  var reportDirectory: String?
  /// Where the metrics are written for node_exporter.
  var metricsFile: String?
  /// Whether a former release is brought back on purpose.
  var isUndo = false

  /// The request with what the interrupted run was told, as its journal's first line has it.
  func continuing(_ begun: JSONValue) -> RolloutRequest {
    var request = self
    request.fromBroken = fromBroken || begun["fromBroken"]?.truth ?? false
    request.forwardOnly = forwardOnly || begun["forwardOnly"]?.truth ?? false
    request.skipSteps = skipSteps || begun["skipSteps"]?.truth ?? false
    request.isUndo = begun["undo"]?.truth ?? false
    return request
  }

  /// The first line of a journal: the release, what it comes in place of, and how it is brought.
  func json<Release: RolloutRelease>(
    bringing release: Release, over former: Release?
  ) -> JSONValue {
    .object(
      (release.json.members ?? []) + [
        JSONMember("over", former?.json ?? .null),
        JSONMember("fromBroken", .boolean(fromBroken)),
        JSONMember("forwardOnly", .boolean(forwardOnly)),
        JSONMember("skipSteps", .boolean(skipSteps)),
        JSONMember("undo", .boolean(isUndo)),
      ])
  }
}

/// A rollout, or another change of an environment, that does not begin.
struct RolloutRefusal: ReportableError, Equatable {
  let reason: String

  init(_ reason: String) { self.reason = reason }

  var exitCode: ExitCode { .refused }
  var findings: [Finding] { [Finding(message: reason)] }
}
