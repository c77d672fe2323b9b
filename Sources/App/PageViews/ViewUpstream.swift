import Core
import HTTPClient
import HTTPServer
import Logging
import POSIX

/// Why a count could not be had from the upstream.
enum ViewFailure: Error, Sendable, Equatable {
  /// It does not answer, or asked to be left alone, or too many ask; worth another try after that.
  case unavailable(retryAfter: Duration)
  /// It answered, and what it said can not be used.
  case senseless
  /// Its answer broke off, or was none; the next may be whole.
  case broken
}

/// Asks the upstream for counts: few at a time, patiently, and not at all while it is down.
final class ViewUpstream: Sendable {
  /// Most calls at once: what the upstream asks of its clients.
  static let callsMax = 3
  /// Most callers that wait for a call to end.
  static let waitersMax = 12
  /// How long one of them waits.
  static let waitMax: Duration = .seconds(2)
  /// How long a connection, with TLS, may take.
  static let connectTimeout: Duration = .seconds(2)
  /// Further attempts after the first.
  static let retriesMax = 2
  /// The longest rest before the first retry; before the next it is twice as long.
  static let retryPauseMax: Duration = .milliseconds(200)
  /// What is told to clients where nothing better is known.
  static let retryAfter: Duration = .seconds(1)

  let metrics: ViewUpstreamMetrics
  private let settings: ViewConfiguration
  private let client = HTTPClient(idleHandlesMax: callsMax)
  private let gate = CallGate(insideMax: callsMax, waitersMax: waitersMax)
  private let breaker = Guarded(CircuitBreaker())
  private let journal: ViewJournal

  init(_ settings: ViewConfiguration, logger: Logger) {
    self.settings = settings
    metrics = ViewUpstreamMetrics(address: settings.upstream.host)
    journal = ViewJournal(logger)
  }

  /// The views of the month, nil where the upstream has no count of it.
  ///
  /// Takes at most `waitMax` and then the configured time, all attempts together.
  func fetch(
    _ query: ViewQuery, for context: RequestContext, deadline: Deadline
  ) -> Result<Int64?, ViewFailure> {
    // Whoever would be refused need not wait for that.
    if let pause = breaker.withLock({ $0.refusal(at: .now) }) {
      return .failure(.unavailable(retryAfter: pause))
    }
    guard gate.enter(deadline.within(Self.waitMax)) == .entered else {
      metrics.turnedAway()
      return .failure(.unavailable(retryAfter: Self.retryAfter))
    }
    defer { gate.leave() }
    return attempt(query, context, deadline.within(settings.timeout))
  }

  var counts: (calls: Int, waiting: Int, breaker: CircuitBreaker) {
    let (inside, waiting) = gate.counts
    return (inside, waiting, breaker.withLock { $0 })
  }

  private func attempt(
    _ query: ViewQuery, _ context: RequestContext, _ deadline: Deadline
  ) -> Result<Int64?, ViewFailure> {
    var failure = ViewFailure.unavailable(retryAfter: Self.retryAfter)
    for attempt in 0...Self.retriesMax {
      if attempt > 0 {
        let pause = Self.retryPauseMax * (1 << (attempt - 1)) * Double.random(in: 0..<1)
        guard deadline.remaining > pause else { break }
        WorkThread.sleep(pause)
      }
      guard case .call(let permit) = tell(.wish) else {
        let pause = breaker.withLock { $0.refusal(at: .now) }
        return .failure(.unavailable(retryAfter: pause ?? Self.retryAfter))
      }
      switch call(query, context, deadline, permit) {
      case .final(let result): return result
      case .worthAnother(let reason): failure = reason
      }
    }
    return .failure(failure)
  }

  private enum Step {
    case final(Result<Int64?, ViewFailure>)
    case worthAnother(ViewFailure)
  }

  private func call(
    _ query: ViewQuery, _ context: RequestContext, _ deadline: Deadline,
    _ permit: CircuitBreaker.Permit
  ) -> Step {
    let start = ContinuousClock.now
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try client.send(request(query, context, deadline))
    } catch {
      metrics.record(status: nil, error.kind.rawValue, ContinuousClock.now - start)
      journal.note("upstream failed", "\(error)", context.requestID)
      return failed(error.kind, permit)
    }
    let answer = UpstreamAnswer(
      status: response.status, contentType: response.header("Content-Type"),
      retryAfter: response.header("Retry-After"), body: response.body, month: query.month)
    metrics.record(status: response.status, answer.errorType, ContinuousClock.now - start)
    return understood(answer, permit, context)
  }

  private func request(
    _ query: ViewQuery, _ context: RequestContext, _ deadline: Deadline
  ) -> HTTPRequest {
    var request = HTTPRequest(
      settings.upstream.url + query.upstreamPath,
      headers: [
        HTTPHeader("Accept", "application/json"), HTTPHeader("traceparent", context.traceparent),
        HTTPHeader("X-Request-Id", context.requestID),
      ],
      deadline: deadline, connectTimeout: Self.connectTimeout,
      bodyBytesMax: UpstreamAnswer.bodyBytesMax)
    request.userAgent = settings.userAgent
    return request
  }

  /// No answer came, or none that HTTP knows.
  private func failed(_ kind: HTTPClientError.Kind, _ permit: CircuitBreaker.Permit) -> Step {
    switch kind {
    case .tooLarge:
      _ = tell(.answered(permit))
      return .final(.failure(.senseless))
    case .cut, .badAnswer:
      _ = tell(.failed(permit))
      return .worthAnother(.broken)
    case .refused, .unreachable, .nameNotResolved, .connectTimeout, .timeout, .exhausted:
      _ = tell(.failed(permit))
      return .worthAnother(.unavailable(retryAfter: Self.retryAfter))
    case .invalidRequest, .tls, .redirects, .cancelled, .other:
      _ = tell(.failed(permit))
      return .final(.failure(.unavailable(retryAfter: Self.retryAfter)))
    }
  }

  private func understood(
    _ answer: UpstreamAnswer, _ permit: CircuitBreaker.Permit, _ context: RequestContext
  ) -> Step {
    switch answer {
    case .views(let count):
      _ = tell(.answered(permit))
      return .final(.success(count))
    case .nothing:
      _ = tell(.answered(permit))
      return .final(.success(nil))
    case .senseless(let reason):
      journal.note("upstream makes no sense", reason, context.requestID)
      _ = tell(.answered(permit))
      return .final(.failure(.senseless))
    case .busy(let pause):
      journal.note("upstream is busy", "429 or 503 with Retry-After", context.requestID)
      _ = tell(.sentAway(permit, pause))
      let rest = breaker.withLock { $0.refusal(at: .now) }
      return .final(.failure(.unavailable(retryAfter: rest ?? Self.retryAfter)))
    case .failed(let status):
      journal.note("upstream failed", "status \(status)", context.requestID)
      _ = tell(.failed(permit))
      return .worthAnother(.unavailable(retryAfter: Self.retryAfter))
    }
  }

  private func tell(_ event: CircuitBreaker.Event) -> CircuitBreaker.Action {
    let (action, before, after) = breaker.withLock { breaker in
      let before = breaker.state
      return (breaker.handle(event, at: .now), before, breaker.state)
    }
    if before != after { journal.changed(before, after) }
    return action
  }
}
