/// The one place where what a cluster did not do becomes words and an exit code.
extension ClusterFailure: ReportableError {
  var exitCode: ExitCode {
    switch reason {
    case .noProgram, .unknownContext: .configuration
    case .unreachable, .timeout, .unauthorized, .tooManyRequests, .server, .malformed, .gone:
      .unreachable
    case .forbidden, .invalid: .refused
    case .notFound, .conflict, .alreadyExists: .failure
    case .cancelled: .interrupted
    }
  }

  var findings: [Finding] { [Finding(message: "\(context): \(words)", hints: hints)] }

  /// One line without the context.
  var words: String {
    switch reason {
    case .noProgram, .unknownContext: message
    case .unreachable where call == nil: "no way to the cluster: \(message)"
    case .unreachable: "no way to the cluster, to \(task): \(message)"
    case .timeout: "no answer in time, to \(task): \(message)"
    case .unauthorized: "the cluster does not know who asks: \(message)"
    case .forbidden: "not allowed to \(task): \(message)"
    case .tooManyRequests: "the cluster wants fewer calls, to \(task): \(message)"
    case .server(let status): "the cluster failed with \(status), to \(task): \(message)"
    case .malformed: "an answer that makes no sense, to \(task): \(message)"
    case .notFound, .conflict, .alreadyExists, .invalid, .gone, .cancelled:
      "could not \(task): \(message)"
    }
  }

  /// `patch Deployment web in namespace production`.
  private var task: String { call.map { "\($0.verb) \($0.subject)" } ?? "reach it" }

  /// What to do about it.
  private var hints: [String] {
    switch reason {
    case .noProgram: ["kubectl has to be on the PATH"]
    case .unknownContext(let known) where known.isEmpty:
      ["kubectl knows no context; KUBECONFIG names the file that has them"]
    case .unknownContext(let known):
      [
        "kubectl knows: \(known.sorted().joined(separator: ", "))",
        "platform.yaml names the context of an environment, KUBECONFIG the file that has it",
      ]
    case .unreachable, .timeout, .unauthorized:
      ["kubectl --context \(context) version says whether kubectl finds a way"]
    case .forbidden:
      call.map { call in
        let space = call.namespace.map { " --namespace \($0)" } ?? ""
        return [
          "a role has to allow \(call.verb) of \(call.resource); to ask whether one does:",
          "kubectl --context \(context) auth can-i \(call.verb) \(call.resource)\(space)",
        ]
      } ?? []
    case .tooManyRequests, .server: ["it may pass: try again in a while"]
    case .notFound, .conflict, .alreadyExists, .invalid, .gone, .malformed, .cancelled: []
    }
  }
}
