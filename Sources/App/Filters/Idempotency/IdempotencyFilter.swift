import Core
import HTTPServer
import SQL

/// Does what a client asks for once under one `Idempotency-Key`, however often it asks.
///
/// What the handler changes and the answer that is kept are one transaction: after a crash at any
/// moment either both are there or neither is, and the same request may be sent again in any case.
/// docs/adr says why it is not done with a row that says "in progress".
///
/// Failures of ours (5xx) are not kept and undo everything; refusals (4xx) are kept and change
/// nothing. A request that the contract refuses never gets here and leaves its key unused.
final class IdempotencyFilter: Filter, MetricsSource {
  /// What became of a request with a key.
  enum Outcome: String, CaseIterable {
    case done, replayed, mismatch
    case inProgress = "in_progress"
    case tooLarge = "too_large"
    case malformed
  }

  /// What an answer has that was given before.
  static let replayedHeader = "Idempotency-Replayed"

  private let database: JoiningDatabase
  /// How long an answer is kept.
  private let retention: Duration
  private let databaseTimeout: Duration
  private let store = IdempotencyStore()
  /// What this process works on: a second request must not hold a connection only to be told so.
  private let inProgress = Guarded<Set<[UInt8]>>([])
  private let counts = Guarded<[Outcome: UInt64]>([:])

  init(_ database: JoiningDatabase, retention: Duration, databaseTimeout: Duration) {
    self.database = database
    self.retention = retention
    self.databaseTimeout = databaseTimeout
  }

  func answer(_ call: Call, _ next: Operation.Handler) throws -> Response {
    guard call.operation.contract.takesIdempotencyKey else { return try next(call) }
    let lines = call.request.headers.all("Idempotency-Key")
    guard let line = lines.first else { return try next(call) }
    guard lines.count == 1, let key = IdempotencyKey(line) else {
      count(.malformed)
      throw Problem.invalid(
        "#/header/Idempotency-Key",
        "must be given once, as 1 to \(IdempotencyKey.lengthMax) visible ASCII characters")
    }
    let request = IdempotentRequest(call, key)
    guard inProgress.withLock({ $0.insert(request.id).inserted }) else { throw busy() }
    defer { inProgress.withLock { _ = $0.remove(request.id) } }
    return try once(request, call, next)
  }

  private func once(
    _ request: IdempotentRequest, _ call: Call, _ next: Operation.Handler
  ) throws -> Response {
    let deadline = call.request.deadline.within(databaseTimeout)
    do {
      let (response, outcome) = try database.asOne(deadline: deadline) {
        (work) -> (Response, Outcome) in
        guard try store.claim(request, in: work, deadline: deadline) else { throw busy() }
        let now = Timestamp.now()
        if let known = try self.known(request, at: now, work, deadline) {
          return (known, .replayed)
        }
        let response = try Self.carryOut(call, next, work, deadline)
        guard response.status < 500 else { throw Refused(response: response) }
        try store.save(
          response, for: request, until: now.advanced(by: retention), in: work, deadline: deadline)
        return (response, Outcome.done)
      }
      count(outcome)
      return response
    } catch let refused as Refused {
      return refused.response
    }
  }

  /// The answer that was given before; nil where the request is new.
  private func known(
    _ request: IdempotentRequest, at now: Timestamp, _ work: UnitOfWork, _ deadline: Deadline
  ) throws -> Response? {
    switch try store.find(request, at: now, in: work, deadline: deadline) {
    case .nothing: return nil
    case .answer(var response):
      response.headers.append(Self.replayedHeader, "true")
      return response
    case .otherRequest:
      count(.mismatch)
      throw Problem(status: 409, detail: "The Idempotency-Key was used for another request.")
    case .doneWithoutAnswer:
      count(.tooLarge)
      throw Problem(status: 409, detail: "This was done; its answer was too large to be kept.")
    }
  }

  /// Runs the handler; a refusal undoes what it did and is an answer like any other.
  private static func carryOut(
    _ call: Call, _ next: Operation.Handler, _ work: UnitOfWork, _ deadline: Deadline
  ) throws -> Response {
    do {
      return try work.step(deadline: deadline) {
        let response = try next(call)
        guard response.status < 400 else { throw Refused(response: response) }
        return response
      }
    } catch let refused as Refused {
      return refused.response
    } catch var problem as Problem where problem.status < 500 {
      problem.instance = problem.instance ?? call.request.path
      return .problem(problem)
    }
  }

  /// An answer whose changes are undone.
  private struct Refused: Error {
    let response: Response
  }

  private func busy() -> Problem {
    count(.inProgress)
    return Problem(
      status: 409, detail: "The same request is still in progress.",
      headers: [Problem.Header("Retry-After", "1")])
  }

  private func count(_ outcome: Outcome) { counts.withLock { $0[outcome, default: 0] += 1 } }

  func write(to page: inout MetricsText) {
    let name = "slipway_idempotent_requests_total"
    page.family(name, .counter, "Requests with an Idempotency-Key, by what became of them.")
    let counts = counts.withLock { $0 }
    for outcome in Outcome.allCases {
      page.sample(name, [("outcome", outcome.rawValue)], String(counts[outcome] ?? 0))
    }
  }
}
