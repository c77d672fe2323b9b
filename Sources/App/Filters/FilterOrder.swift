import HTTPServer
import SQL

extension Filters {
  /// The filters of the service in their order, with the reasons.
  ///
  /// 1. Refused tokens are limited by address: around authentication, which refuses them.
  /// 2. Authentication says who asks.
  /// 3. The rate limit counts by who asks, so it must know.
  ///
  /// Then the request is read and checked as its contract says; what is refused there has used a
  /// token of the rate limit and no idempotency key.
  ///
  /// 4. Idempotency stands around all that handlers do, so that it keeps whole answers.
  /// 5. Conditions are about the answer as it comes from the handler.
  ///
  /// CORS, security headers and compression are no filters: they are due on every answer, refusals
  /// of the server included, and stand in `Middleware` and the server. Probes meet none of these.
  init(
    _ configuration: Configuration, _ database: JoiningDatabase, authentication: [any Filter] = []
  ) {
    var before: [any Filter] = []
    var behind: [any Filter] = []
    if let limit = configuration.filters.rateLimit {
      let limiter = RateLimiter(limit)
      before = [RefusedTokenFilter(limiter: limiter)]
      behind = [RateLimitFilter(limiter: limiter)]
      sources.append(limiter)
    }
    outer = FilterChain(filters: before + authentication + behind)
    let idempotency = IdempotencyFilter(
      database, retention: configuration.filters.idempotencyRetention,
      databaseTimeout: configuration.databaseTimeout)
    inner = FilterChain(filters: [idempotency, ConditionalFilter()])
    sources.append(idempotency)
  }
}
