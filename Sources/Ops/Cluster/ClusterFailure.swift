import Core

/// Why a cluster did not do what it was asked: a fact, for decisions.
struct ClusterFailure: Error, Sendable, Equatable {
  enum Reason: Sendable, Equatable {
    /// kubectl could not be started.
    case noProgram
    /// kubectl knows no such context; those that it knows.
    case unknownContext(known: [String])
    /// No way to the API server, or it is not ready: nobody knows whether the call was carried out.
    case unreachable
    /// No answer by the deadline: nobody knows whether the call was carried out.
    case timeout
    /// The cluster does not know who asks.
    case unauthorized
    /// Who asks may not.
    case forbidden
    case notFound
    /// The object is another one than the call was made for.
    case conflict
    case alreadyExists
    /// The object breaks a rule: of its schema, of an admission webhook.
    case invalid
    /// Too many calls; when the server would like the next one.
    case tooManyRequests(retryAfter: Duration?)
    /// What a watch or a list wants to go on from is forgotten: list again.
    case gone
    /// The server failed, with that status.
    case server(Int)
    /// What came is not what the API says.
    case malformed
    /// The caller did not want it any longer.
    case cancelled
  }

  let reason: Reason
  /// The context of kubectl.
  let context: String
  /// What was asked; nil where the way to the cluster failed before.
  let call: ClusterCall?
  /// What the cluster, or kubectl, said; one line, never an object's contents.
  let message: String

  /// Whether the same call may succeed a moment later, without anybody doing anything.
  var mayPass: Bool {
    switch reason {
    case .unreachable, .timeout, .tooManyRequests, .server, .gone, .malformed: true
    case .noProgram, .unknownContext, .unauthorized, .forbidden, .notFound, .conflict,
      .alreadyExists, .invalid, .cancelled:
      false
    }
  }
}

extension ClusterFailure {
  /// The reason behind an answer that is no success.
  ///
  /// Status 409 is both a conflict and a name that is taken; the reason tells them apart.
  /// https://kubernetes.io/docs/reference/using-api/api-concepts/
  init(_ answer: ClusterAnswer, _ call: ClusterCall, context: String) {
    let status = answer.status
    reason =
      switch status.code {
      case 401: .unauthorized
      case 403: .forbidden
      case 404: .notFound
      case 409 where status.reason == "AlreadyExists": .alreadyExists
      case 409: .conflict
      case 410: .gone
      case 400, 405, 413, 415, 422: .invalid
      case 429: .tooManyRequests(retryAfter: answer.retryAfter)
      case 502, 503: .unreachable
      // kubectl's proxy says 500 and one line where it finds no way, a server what went wrong.
      case 500 where !status.isOfServer: .unreachable
      case 504: .timeout
      default: .server(status.code)
      }
    self.context = context
    self.call = call
    message = status.message
  }
}
