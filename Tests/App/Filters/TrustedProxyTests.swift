import HTTPClient
import JSON
import Logging
import Testing

@testable import App

@Suite struct TrustedProxyTests {
  /// The address that the access log gives a request, sent from 127.0.0.1.
  private static func remote(
    _ variables: [String: String], _ headers: [String: String]
  ) throws -> String? {
    let service = try RunningService(.sqlite, variables)
    let marked = headers.merging(["X-Request-Id": "who"]) { given, _ in given }
    _ = try service.get("/hello/Anna", headers: marked)
    let line = { service.log.written.first { $0.contains("\"who\"") && $0.contains("remote") } }
    #expect(eventually { line() != nil })
    return try JSONReader.read(line() ?? "")["remote"]?.text
  }

  private static let trusting = ["TRUSTED_PROXIES": "127.0.0.0/8, 10.0.0.0/8, fd00::/8"]

  @Test func nobodyIsBelievedByDefault() throws {
    #expect(try Self.remote([:], ["X-Forwarded-For": "192.0.2.1"]) == "127.0.0.1")
  }

  @Test func whoIsNotTrustedIsNotBelieved() throws {
    #expect(
      try Self.remote(["TRUSTED_PROXIES": "10.0.0.0/8"], ["X-Forwarded-For": "192.0.2.1"])
        == "127.0.0.1")
  }

  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"), ("203.0.113.9, 192.0.2.1", "192.0.2.1"),
    ("203.0.113.9, 192.0.2.1, 10.1.1.1", "192.0.2.1"), ("192.0.2.1:4711", "192.0.2.1"),
    ("2001:DB8::1", "2001:db8::1"), ("[2001:db8::1]:80, fd00::1", "2001:db8::1"),
    ("10.0.0.1,10.0.0.2", "10.0.0.1"), ("192.0.2.1, junk, 10.0.0.2", "10.0.0.2"),
    ("192.0.2.1, ", "127.0.0.1"), ("unknown", "127.0.0.1"), ("192.0.2.1:x", "127.0.0.1"),
    ("::ffff:192.0.2.1", "192.0.2.1"), ("192.0.2.1, [::1", "127.0.0.1"),
    ("\"x, 192.0.2.1", "192.0.2.1"), ("\"x, 192.0.2.1, 10.0.0.1", "192.0.2.1"),
  ])
  func theRightMostAddressThatIsNotOursIsTheClient(_ header: String, _ client: String) throws {
    #expect(try Self.remote(Self.trusting, ["X-Forwarded-For": header]) == client)
  }

  @Test(arguments: [
    ("for=192.0.2.1", "192.0.2.1"), ("For=\"[2001:db8::1]:4711\";proto=https", "2001:db8::1"),
    ("for=203.0.113.9, proto=http;for=\"192.0.2.1:80\" , for=10.0.0.1", "192.0.2.1"),
    ("for=unknown", "127.0.0.1"), ("for=_hidden, for=10.0.0.1", "10.0.0.1"),
    ("proto=https", "127.0.0.1"), ("for=\"192.0.2.1", "127.0.0.1"),
    ("for=192.0.2.1;by=\"a,b;for=203.0.113.9\"", "192.0.2.1"),
    ("for=\"x, for=192.0.2.1", "192.0.2.1"), ("for=x\", for=192.0.2.1", "192.0.2.1"),
    ("for=\"x, for=\"[2001:db8::1]:80\"", "2001:db8::1"),
    ("for=\"x\\, for=\"192.0.2.1\", for=10.0.0.1", "192.0.2.1"),
    ("for=192.0.2.1;by=\"a\\\",b\"", "192.0.2.1"),
  ])
  func theHeaderOfRFC7239IsReadWhereItIsConfigured(_ header: String, _ client: String) throws {
    var variables = Self.trusting
    variables["TRUSTED_PROXY_HEADER"] = "Forwarded"
    #expect(
      try Self.remote(variables, ["Forwarded": header, "X-Forwarded-For": "203.0.113.77"])
        == client)
  }

  @Test func theOtherHeaderIsTheClientsOwnAndNotRead() throws {
    #expect(
      try Self.remote(
        Self.trusting, ["Forwarded": "for=203.0.113.9", "X-Forwarded-For": "192.0.2.1"])
        == "192.0.2.1")
  }

  @Test func aRangeThatIsNoneStopsTheStart() {
    for wrong in [
      "10.0.0.1/8", "proxy.example.com", "10.0.0.0/8;fd00::/8", "10.0.0.1 2", "10.0.0. 1", ",",
      "10.0.0.1,", ",10.0.0.1", "10.0.0.1, ,10.0.0.2",
    ] {
      #expect(throws: ConfigurationProblems.self) {
        try Configuration.read(["TRUSTED_PROXIES": wrong])
      }
    }
  }
}
