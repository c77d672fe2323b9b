import Core

/// What stands between clients and handlers.
struct FilterConfiguration: Sendable {
  /// How long the answer to an `Idempotency-Key` is kept.
  var idempotencyRetention: Duration = .seconds(86_400)
  /// Which pages of other origins may read answers; nil is none.
  var cors: CORS?
  /// How often a client may ask; nil is as often as it likes.
  var rateLimit: RateLimit?
  /// Whose word counts on who the client is.
  var proxies = TrustedProxies()
}

extension Configuration {
  mutating func readFilters(_ reader: inout EnvironmentReader) {
    filters.idempotencyRetention = reader.duration(
      "IDEMPOTENCY_TTL", in: .seconds(60)...Duration.seconds(30 * 86_400),
      default: filters.idempotencyRetention)
    filters.cors = reader.value(
      "CORS_ALLOWED_ORIGINS", default: nil,
      allowed: "* or origins such as https://example.com with commas between them",
      shown: \.text, parse: { CORS($0) })
    readRateLimit(&reader)
    filters.proxies.ranges =
      reader.value(
        "TRUSTED_PROXIES", default: [],
        allowed: "addresses or ranges such as 10.0.0.0/8 or fd00::/8 with commas between them",
        shown: { $0.map(\.text).joined(separator: ",") },
        parse: { TrustedProxies.ranges($0) }) ?? []
    filters.proxies.source = reader.choice(
      "TRUSTED_PROXY_HEADER", default: filters.proxies.source)
  }

  private mutating func readRateLimit(_ reader: inout EnvironmentReader) {
    let requests = RateLimit.requestsRange
    filters.rateLimit = reader.value(
      "RATE_LIMIT", default: nil,
      allowed: "\(requests.lowerBound) to \(requests.upperBound) per s, min or h, such as 100/s",
      shown: \.text, parse: { RateLimit($0) })
    if let burst = reader.optionalInteger("RATE_LIMIT_BURST", in: requests) {
      filters.rateLimit?.burst = burst
    }
  }
}
