import Core
import HTTPClient
import HTTPServer
import Testing

@testable import App

@Suite struct RateLimitTests {
  private static let second: Int64 = 1_000_000_000

  @Test func aBucketGivesItsBurstAndThenFillsAtItsRate() throws {
    let bucket = try #require(RateLimit("2/s", burst: 3)).bucket
    var fullAt: Int64 = 0
    let start = 10 * Self.second
    #expect((0..<3).map { _ in bucket.take(&fullAt, now: start).remaining } == [2, 1, 0])
    let refused = bucket.take(&fullAt, now: start)
    #expect(!refused.isAllowed)
    #expect(refused.untilNext == Self.second / 2)
    #expect(refused.untilFull == 3 * Self.second / 2)
    #expect(!bucket.take(&fullAt, now: start + Self.second / 2 - 1).isAllowed)
    #expect(bucket.take(&fullAt, now: start + Self.second / 2).isAllowed)
    #expect(!bucket.take(&fullAt, now: start + Self.second / 2).isAllowed)
    #expect(bucket.take(&fullAt, now: start + 100 * Self.second).remaining == 2)
  }

  @Test func aRefusalCostsNothing() throws {
    let bucket = try #require(RateLimit("1/s")).bucket
    var fullAt: Int64 = 0
    #expect(bucket.take(&fullAt, now: Self.second).isAllowed)
    for _ in 0..<1000 { #expect(!bucket.take(&fullAt, now: Self.second).isAllowed) }
    #expect(bucket.take(&fullAt, now: 2 * Self.second).isAllowed)
  }

  @Test(arguments: ["1/s", "1000/min", "5000/h", "1000000/s"])
  func inTheLongRunTheRateIsKept(_ text: String) throws {
    let limit = try #require(RateLimit(text))
    let bucket = limit.bucket
    var fullAt: Int64 = 0
    let steps: Int64 = 10_000
    let allowed = (0..<steps).count {
      bucket.take(&fullAt, now: $0 * bucket.interval / 4).isAllowed
    }
    #expect(allowed <= limit.burst + Int(steps / 4) + 1)
    #expect(allowed >= min(limit.burst, Int(steps)))
  }

  @Test(arguments: ["", "100", "0/s", "-1/s", "100/d", "1.5/s", "1000001/s", "/s", "1/s/s"])
  func anythingElseIsNoLimit(_ text: String) { #expect(RateLimit(text) == nil) }

  @Test func clientsAreCountedApartAndNetworksOfVersion6AsOne() {
    #expect(RateLimitedClient(address: "192.0.2.1") != RateLimitedClient(address: "192.0.2.2"))
    #expect(
      RateLimitedClient(address: "2001:db8::1") == RateLimitedClient(address: "2001:db8::ffff:2"))
    #expect(
      RateLimitedClient(address: "2001:db8::1") != RateLimitedClient(address: "2001:db8:0:1::1"))
    #expect(
      RateLimitedClient(address: "::ffff:192.0.2.1") == RateLimitedClient(address: "192.0.2.1"))
    #expect(RateLimitedClient(address: "192.0.2.1") != .refused(.init(address: "192.0.2.1")))
    #expect(RateLimitedClient(address: "unix") != .principal(.named("unix")))
  }

  @Test func aFullTableThrowsNobodyOutAndGivesNothingAway() throws {
    let bucket = try #require(RateLimit("2/h")).bucket
    let table = ClientTable()
    func take(_ name: String, at now: Int64) -> Bool {
      table.withClient(.principal(.named(name)), now: now) { bucket.take(&$0, now: now) }.isAllowed
    }
    #expect(take("victim", at: 1) && take("victim", at: 1))
    for number in 0..<(2 * ClientTable.clientsMax) { _ = take("crowd \(number)", at: 2) }
    #expect(table.sharedCount > 0)
    #expect(!take("victim", at: 3))
    // Those without a place share one bucket, which is empty by now.
    let late = (0..<1000).count { take("late \($0)", at: 4) }
    #expect(late < 1000)
    // An hour and a half later everybody's bucket is full, so every place is free.
    let later = 5400 * Self.second
    let before = table.sharedCount
    #expect((0..<1000).allSatisfy { take("new \($0)", at: later) })
    #expect(table.sharedCount == before)
  }

  @Test func whoAsksTooOftenIsToldWhenToComeBack() throws {
    let service = try RunningService(.sqlite, ["RATE_LIMIT": "2/h"])
    let first = try service.get("/hello/Anna")
    #expect(first.status == 404)
    #expect(first.header("RateLimit-Policy") == "\"default\";q=2;w=3600")
    #expect(first.header("RateLimit") == "\"default\";r=1;t=1800")
    #expect(try service.get("/hello/Ann4").status == 400)
    let refused = try service.get("/hello/Anna")
    #expect(refused.status == 429)
    #expect(refused.header("Content-Type") == "application/problem+json")
    let wait = try #require(refused.header("Retry-After").flatMap { Int($0) })
    #expect((1700...1800).contains(wait))
    #expect(refused.header("RateLimit")?.hasPrefix("\"default\";r=0;t=") == true)
    #expect(try service.get("/livez").status == 200)
    #expect(try service.get("/health").status == 200)
    #expect(try service.get("/metrics").text.contains("slipway_rate_limited_requests_total 1\n"))
  }

  @Test func thereIsNoLimitByDefault() throws {
    let answer = try RunningService().get("/hello/Anna")
    #expect(answer.header("RateLimit") == nil)
    #expect(answer.header("RateLimit-Policy") == nil)
  }

  @Test func clientsBehindATrustedProxyAreCountedApart() throws {
    let service = try RunningService(
      .sqlite, ["RATE_LIMIT": "1/h", "TRUSTED_PROXIES": "127.0.0.1"])
    for (address, status) in [
      ("192.0.2.1", 404), ("192.0.2.2", 404), ("192.0.2.1", 429), ("203.0.113.5, 192.0.2.2", 429),
      ("2001:db8::1", 404), ("2001:db8::2", 429),
    ] {
      let answer = try service.get("/hello/Anna", headers: ["X-Forwarded-For": address])
      #expect(answer.status == status, "\(address)")
    }
  }

  @Test func guessingTokensIsLimitedAndUsesUpNobodyElses() throws {
    let limiter = RateLimiter(try #require(RateLimit("2/h")))
    let filters = Filters(
      outer: FilterChain(filters: [
        RefusedTokenFilter(limiter: limiter), TokenStandIn(), RateLimitFilter(limiter: limiter),
      ]))
    let contract = Contract(
      id: "test", tag: FilterBench.tag, summary: "A thing.", answers: [Answer(200, "It.")])
    let bench = try FilterBench(filters, [Operation(.get, "/thing", contract) { _ in .text("") }])
    func status(_ token: String?) throws -> Int {
      try bench.send("GET", "/thing", token.map { [("Authorization", $0)] } ?? []).status
    }
    #expect(try [status("wrong"), status("wrong")] == [401, 401])
    #expect(try status("wrong") == 429)
    #expect(try status("ann") == 200)
    #expect(try status(nil) == 200)
    #expect(try status("wrong") == 429)
    let fresh = RateLimiter(try #require(RateLimit("2/h")))
    let other = try FilterBench(
      Filters(
        outer: FilterChain(filters: [
          RefusedTokenFilter(limiter: fresh), TokenStandIn(), RateLimitFilter(limiter: fresh),
        ])), [Operation(.get, "/thing", contract) { _ in .text("") }])
    let tokens: [String?] = ["ann", "ann", "ann", "bert", nil, "wrong"]
    let statuses = try tokens.map { token in
      try other.send("GET", "/thing", token.map { [("Authorization", $0)] } ?? []).status
    }
    #expect(statuses == [200, 200, 429, 200, 200, 401])
  }
}

/// Stands where authentication stands: every token is its subject's name.
private struct TokenStandIn: Filter {
  func answer(_ call: Call, _ next: Operation.Handler) throws -> Response {
    var call = call
    if let token = call.request.headers["Authorization"] {
      guard token != "wrong" else { throw Problem.unauthenticated(error: "invalid_token") }
      call.principal = Principal(.named(token), scopes: [])
    }
    return try next(call)
  }
}
