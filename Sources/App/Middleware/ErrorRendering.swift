import Core
import HTTPServer
import Logging
import SQL

/// Turns errors of handlers into answers, in this one place.
///
/// The database's words go to the log, never to the client.
final class ErrorRendering: Sendable {
  /// While a database is away every request fails the same way; one line in this time says so.
  static let repetitionPause: Duration = .seconds(1)

  private struct Repetition {
    var label = ""
    var loggedAt: ContinuousClock.Instant?
    var left = 0
  }

  private let logger: Logger
  private let isSchemaUsable: @Sendable () -> Bool
  private let repetition = Guarded(Repetition())

  init(logger: Logger, isSchemaUsable: @escaping @Sendable () -> Bool) {
    self.logger = logger
    self.isSchemaUsable = isSchemaUsable
  }

  func render(_ error: any Error, _ request: Request) -> Response {
    if let error = error as? AccompaniedError {
      var response = render(error.cause, request)
      for header in error.headers { response.headers[header.name] = header.value }
      return response
    }
    guard let error = error as? DatabaseError else { return unknown(error, request) }
    switch error.kind {
    case .unavailable(let sent):
      return away(
        error, request,
        sent
          ? "The database went away; whether the change was made is not known."
          : "The database is not available.")
    case .timeout, .poolExhausted, .busy, .serialization:
      return away(error, request, "The database did not answer in time.")
    case .closed: return away(error, request, "The service is stopping.")
    case .readOnly, .full: return away(error, request, "The database takes no writes at present.")
    case .constraint(let constraint, _):
      logger.warning("constraint", fields(error, request))
      return .problem(
        Problem(
          status: constraint == .unique || constraint == .foreignKey ? 409 : 400,
          detail: "The values contradict what is stored or a rule of it.", instance: request.path))
    case .sql where !isSchemaUsable():
      return away(error, request, "The database's schema is not usable by this release.")
    case .corrupt, .sql, .decoding, .configuration: return unknown(error, request)
    }
  }

  private func away(_ error: DatabaseError, _ request: Request, _ detail: String) -> Response {
    if let left = linesLeftOut(error.kind.label) {
      logger.warning(
        "database", fields(error, request) + [("left_out", .integer(left))])
    }
    return .problem(
      Problem(
        status: 503, detail: detail, instance: request.path,
        headers: [Problem.Header("Retry-After", "1")]))
  }

  private func unknown(_ error: any Error, _ request: Request) -> Response {
    logger.error("request failed", fields(error, request))
    return .problem(
      Problem(
        status: 500, detail: "The log has the cause under the id \(request.context.requestID).",
        instance: request.path))
  }

  private func fields(_ error: any Error, _ request: Request) -> [LogField] {
    [
      ("request_id", .string(request.context.requestID)),
      ("route", .string(request.route.template)), ("cause", .string("\(error)")),
    ]
  }

  /// How many lines of this kind were left out since the last one; nil where this is one more.
  private func linesLeftOut(_ label: String) -> Int? {
    repetition.withLock { repetition in
      let now = ContinuousClock.now
      if repetition.label == label, let last = repetition.loggedAt,
        now - last < Self.repetitionPause
      {
        repetition.left += 1
        return nil
      }
      defer { repetition = Repetition(label: label, loggedAt: now) }
      return repetition.left
    }
  }
}

extension Logger {
  fileprivate func warning(_ message: String, _ fields: [LogField]) {
    log(.warning, message, fields)
  }

  fileprivate func error(_ message: String, _ fields: [LogField]) {
    log(.error, message, fields)
  }
}
