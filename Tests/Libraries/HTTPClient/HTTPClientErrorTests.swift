import CCurl
import Glibc
import Testing

@testable import HTTPClient

@Suite struct HTTPClientErrorTests {
  @Test(arguments: [
    (ECONNREFUSED, HTTPClientError.Kind.refused), (ETIMEDOUT, .connectTimeout),
    (EADDRNOTAVAIL, .exhausted), (EMFILE, .exhausted), (ENOENT, .unreachable),
    (ENETUNREACH, .unreachable),
  ])
  func aConnectionThatCouldNotBeMadeIsNamedByTheSystemsReason(
    _ code: Int32, _ kind: HTTPClientError.Kind
  ) {
    #expect(
      HTTPClientError.Kind(CURLE_COULDNT_CONNECT, systemCode: Int(code), connected: false) == kind)
  }

  @Test func aTimeoutBeforeTheConnectionStandsIsOneOfConnecting() {
    #expect(
      HTTPClientError.Kind(CURLE_OPERATION_TIMEDOUT, systemCode: 0, connected: false)
        == .connectTimeout)
    #expect(
      HTTPClientError.Kind(CURLE_OPERATION_TIMEDOUT, systemCode: 0, connected: true) == .timeout)
  }
}
