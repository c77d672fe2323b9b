import Core
import HTTPServer
import Synchronization

/// Counts the requests of clients and tells them where they stand.
///
/// https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (revision 10)
final class RateLimiter: MetricsSource {
  /// What the two headers call the policy.
  private static let policyName = "\"default\""

  let bucket: TokenBucket
  /// `RateLimit-Policy`: so many requests in so many seconds.
  private let policy: String
  private let table = ClientTable()
  private let start = ContinuousClock.now
  private let refusals = Atomic<Int>(0)

  init(_ limit: RateLimit) {
    bucket = limit.bucket
    let window = Self.seconds(bucket.interval * bucket.burst)
    policy = "\(Self.policyName);q=\(bucket.burst);w=\(window)"
  }

  /// Takes a token of `client`.
  func take(_ client: RateLimitedClient, at moment: ContinuousClock.Instant)
    -> TokenBucket.Verdict
  {
    let now = nanoseconds(moment)
    return table.withClient(client, now: now) { bucket.take(&$0, now: now) }
  }

  /// Whether `client` has a token; none is taken.
  func look(_ client: RateLimitedClient, at moment: ContinuousClock.Instant)
    -> TokenBucket.Verdict
  {
    let now = nanoseconds(moment)
    return table.withClient(client, now: now) { bucket.verdict($0, now: now) }
  }

  /// Where a client stands, as headers.
  func headers(_ verdict: TokenBucket.Verdict) -> [Problem.Header] {
    let reset = Self.seconds(verdict.untilFull)
    return [
      Problem.Header("RateLimit-Policy", policy),
      Problem.Header(
        "RateLimit", "\(Self.policyName);r=\(verdict.remaining);t=\(reset)"),
    ]
  }

  /// 429: there is no token.
  func refusal(_ verdict: TokenBucket.Verdict) -> Problem {
    refusals.add(1, ordering: .relaxed)
    let seconds = max(1, Self.seconds(verdict.untilNext))
    return Problem(
      status: 429, detail: "There were too many requests; one may come in \(seconds) s.",
      headers: [Problem.Header("Retry-After", String(seconds))] + headers(verdict))
  }

  func write(to page: inout MetricsText) {
    page.single(
      "slipway_rate_limited_requests_total", .counter, "Requests that were refused with 429.",
      refusals.load(ordering: .relaxed))
    page.single(
      "slipway_rate_limit_shared_total", .counter,
      "Requests of clients that had no place of their own in the table.", table.sharedCount)
  }

  private func nanoseconds(_ moment: ContinuousClock.Instant) -> Int64 {
    let (seconds, attoseconds) = start.duration(to: moment).components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }

  private static func seconds(_ nanoseconds: Int64) -> Int64 {
    (nanoseconds + 999_999_999) / 1_000_000_000
  }
}

/// Limits the requests of each client.
///
/// That is a principal, where a valid token names one, otherwise an address: so it stands behind
/// authentication.
struct RateLimitFilter: Filter {
  let limiter: RateLimiter

  func answer(_ call: Call, _ next: Operation.Handler) throws -> Response {
    let request = call.request
    let client =
      call.principal.map { RateLimitedClient.principal($0.identity) }
      ?? RateLimitedClient(address: request.clientAddress)
    let verdict =
      call.isPrecheck
      ? limiter.look(client, at: request.receivedAt)
      : limiter.take(client, at: request.receivedAt)
    guard verdict.isAllowed else { throw limiter.refusal(verdict) }
    return try accompanied(by: limiter.headers(verdict), call, next)
  }
}

/// Limits how often an address is told that its token is not valid, or that one is missing.
///
/// It has buckets of their own for that, and looks at them only when a token was refused: who
/// guesses must not shut out others behind the same address, whose tokens are valid.
struct RefusedTokenFilter: Filter {
  let limiter: RateLimiter

  func answer(_ call: Call, _ next: Operation.Handler) throws -> Response {
    do {
      return try next(call)
    } catch let problem as Problem where problem.status == 401 {
      let request = call.request
      let client = RateLimitedClient.refused(RateLimitedClient(address: request.clientAddress))
      let verdict = limiter.take(client, at: request.receivedAt)
      guard verdict.isAllowed else { throw limiter.refusal(verdict) }
      throw problem
    }
  }
}
