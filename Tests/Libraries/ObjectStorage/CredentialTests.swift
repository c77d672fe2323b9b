import Core
import HTTPClient
import POSIX
import TestSupport
import Testing

@testable import ObjectStorage

/// Where credentials come from, against doubles on loopback.
struct CredentialTests {
  private let directory = TemporaryDirectory()
  private let client = HTTPClient()

  private static let lent = """
    {"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"s3cret","Token":"t0ken",\
    "Expiration":"2030-01-01T00:00:00Z"}
    """

  private func file(_ name: String, _ text: String) throws -> String {
    try File.write(Array(text.utf8), to: directory.file(name))
    return directory.file(name)
  }

  /// Gives what the double has for a target, and 404 otherwise.
  private func double(_ answers: [String: String]) throws -> (RawServer, Guarded<[String]>) {
    let heads = Guarded<[String]>([])
    let server = try RawServer { request in
      heads.withLock {
        $0.append(request.head + "\r\n\r\n" + String(decoding: request.body, as: UTF8.self))
      }
      let target = request.head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
      guard let answer = answers[target] else { return .response(404, "", headers: []) }
      return .response(200, answer, headers: [])
    }
    return (server, heads)
  }

  @Test func theEnvironmentGivesKeySecretAndToken() throws {
    let found = try EnvironmentCredentials([
      "AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
    ]).credentials()
    #expect(
      found
        == Credentials(accessKeyID: "AKIA1", secret: Secret("s"), sessionToken: Secret("t")))
    #expect(try EnvironmentCredentials([:]).credentials() == nil)
  }

  @Test func halfAKeyInTheEnvironmentIsAMistakeAndNotPassedOver() {
    let error = #expect(throws: CredentialError.self) {
      try EnvironmentCredentials(["AWS_ACCESS_KEY_ID": "AKIA1"]).credentials()
    }
    #expect(error?.detail.contains("AWS_SECRET_ACCESS_KEY") == true)
  }

  @Test func webIdentityReadsItsFileEachTime() throws {
    let answer = """
      <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA2</AccessKeyId>
      <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
      <Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
      </AssumeRoleWithWebIdentityResponse>
      """
    let (server, heads) = try double(["/": answer])
    let path = try file("token", "first+token\n")
    let source = WebIdentityCredentials(
      [
        "AWS_WEB_IDENTITY_TOKEN_FILE": path, "AWS_ROLE_ARN": "arn:aws:iam::1:role/backup",
        "AWS_ENDPOINT_URL_STS": server.url + "/",
      ], client: client)
    let found = try source.credentials()
    #expect(found?.accessKeyID == "ASIA2" && found?.sessionToken == Secret("t"))
    #expect(found?.expires == Timestamp(iso8601: "2030-01-01T00:00:00Z"))
    try File.write(Array("second".utf8), to: path)
    _ = try source.credentials()
    let bodies = heads.withLock { $0 }
    #expect(bodies.count == 2 && bodies[0].hasPrefix("POST / "))
    #expect(bodies[0].contains("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fbackup"))
    #expect(bodies[0].contains("WebIdentityToken=first%2Btoken"))
    #expect(!bodies[0].contains("Authorization"), "the request needs no signature")
    #expect(bodies[1].contains("WebIdentityToken=second"))
  }

  @Test func aContainersCredentialsNeedItsToken() throws {
    let (server, heads) = try double(["/v1/credentials": Self.lent])
    let found = try ContainerCredentials(
      [
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": try file("token", "pod-token\n"),
      ], client: client
    ).credentials()
    #expect(found?.accessKeyID == "ASIA1" && found?.secret == Secret("s3cret"))
    #expect(heads.withLock { $0 }.first?.contains("Authorization: pod-token") == true)
  }

  @Test(arguments: [
    "http://example.org/x", "http://127.0.0.1.example.org/x", "http://localhost@example.org/",
    "ftp://127.0.0.1/", "http://127.0.0.1:80@example.org/", "http://[::1]:1@example.org/",
    "http://127.0.0.1:80.example.org/", "http://127.0.0.1?@example.org",
  ])
  func aContainersTokenGoesToNobodyElse(_ address: String) {
    #expect(throws: CredentialError.self) {
      try ContainerCredentials(
        ["AWS_CONTAINER_CREDENTIALS_FULL_URI": address], client: client
      ).credentials()
    }
  }

  @Test func aMachinesRoleIsAskedForWithASession() throws {
    let base = "/latest/meta-data/iam/security-credentials/"
    let (server, heads) = try double([
      "/latest/api/token": "session-1", base: "backup-role\n", base + "backup-role": Self.lent,
    ])
    let found = try InstanceCredentials(
      ["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url + "/"], client: client
    ).credentials()
    #expect(found?.accessKeyID == "ASIA1")
    let requests = heads.withLock { $0 }
    #expect(requests.count == 3 && requests[0].hasPrefix("PUT /latest/api/token"))
    #expect(requests[0].contains("X-aws-ec2-metadata-token-ttl-seconds: 21600"))
    #expect(requests.dropFirst().allSatisfy { $0.contains("X-aws-ec2-metadata-token: session-1") })
  }

  @Test func aMachineWithoutMetadataHasNoneAndOneThatIsNamedAndDoesNotAnswerIsAFailure() throws {
    let base = "http://127.0.0.1:\(try FreePort.find())"
    #expect(try InstanceCredentials([:], client: client, base: base).credentials() == nil)
    let named = InstanceCredentials(
      ["AWS_EC2_METADATA_SERVICE_ENDPOINT": base], client: client)
    let error = #expect(throws: CredentialError.self) { try named.credentials() }
    #expect(error?.isTransient == true)
  }

  @Test func aMachineWhoseMetadataIsTurnedOffIsNotAsked() throws {
    let found = try InstanceCredentials(
      ["AWS_EC2_METADATA_DISABLED": "TRUE"], client: client
    ).credentials()
    #expect(found == nil)
  }

  @Test func googlesMetadataServerGivesATokenThatIsKept() throws {
    let path = "/computeMetadata/v1/instance/service-accounts/default/token"
    let (server, heads) = try double([
      path: #"{"access_token":"ya29.a","expires_in":3599,"token_type":"Bearer"}"#
    ])
    let tokens = BearerTokens(["GCE_METADATA_HOST": "127.0.0.1:\(server.port)"], client: client)
    #expect(try tokens.token() == Secret("ya29.a"))
    #expect(try tokens.token() == Secret("ya29.a"))
    #expect(heads.withLock { $0 }.count == 1)
    #expect(heads.withLock { $0 }.first?.contains("Metadata-Flavor: Google") == true)
    tokens.invalidate()
    _ = try tokens.token()
    #expect(heads.withLock { $0 }.count == 2)
  }

  @Test func aTokenThatIsStillGoodServesOnWhereNoOtherCanBeHad() throws {
    let asked = Guarded(0)
    let server = try RawServer { _ in
      let count = asked.withLock { count in
        count += 1
        return count
      }
      return count == 1
        ? .response(200, #"{"access_token":"ya29.a","expires_in":3599}"#, headers: [])
        : .response(500, "", headers: [])
    }
    let clock = Guarded(Timestamp.now())
    let tokens = BearerTokens(
      ["GCE_METADATA_HOST": "127.0.0.1:\(server.port)"], client: client,
      now: { clock.withLock { $0 } })
    #expect(try tokens.token() == Secret("ya29.a"))
    clock.withLock { $0 = $0.advanced(by: .seconds(3400)) }
    #expect(try tokens.token() == Secret("ya29.a"))
    #expect(asked.withLock { $0 } == 2)
    clock.withLock { $0 = $0.advanced(by: .seconds(300)) }
    #expect(throws: CredentialError.self) { try tokens.token() }
  }

  @Test func anErrorOfALenderTellsItsStatusAndNothingThatWasSent() throws {
    let server = try RawServer { _ in
      .response(
        403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>", headers: [])
    }
    let error = #expect(throws: CredentialError.self) {
      try WebIdentityCredentials(
        [
          "AWS_WEB_IDENTITY_TOKEN_FILE": try file("token", "hush-hush"), "AWS_ROLE_ARN": "arn:x",
          "AWS_ENDPOINT_URL_STS": server.url,
        ], client: client
      ).credentials()
    }
    #expect(error.map { "\($0)" } == "web identity: status 403, AccessDenied")
  }
}

/// One source after another, and what is kept of them.
struct CredentialChainTests {
  /// Gives keys that are numbered, good for so long from the moment of a clock that a test moves.
  private final class Lender: CredentialSource {
    let clock = Guarded(Timestamp(microsecondsSinceEpoch: 0))
    let count = Guarded(0)
    let fails = Guarded(false)

    func credentials() throws(CredentialError) -> Credentials? {
      if fails.withLock({ $0 }) { throw CredentialError(.instance, "away", isTransient: true) }
      let number = count.withLock { count in
        count += 1
        return count
      }
      return Credentials(
        accessKeyID: "key-\(number)", secret: Secret("s"),
        expires: clock.withLock { $0 }.advanced(by: .seconds(3600)))
    }

    func wait(_ duration: Duration) {
      clock.withLock { $0 = $0.advanced(by: duration) }
    }
  }

  @Test func theFirstThatHasAnyCounts() throws {
    let first = Credentials(accessKeyID: "first", secret: Secret("1"))
    let second = Credentials(accessKeyID: "second", secret: Secret("2"))
    let chain = CredentialChain([
      ExplicitCredentials(nil), ExplicitCredentials(first), ExplicitCredentials(second),
    ])
    #expect(try chain.credentials() == first)
  }

  @Test func noneAtAllIsAnError() {
    #expect(throws: CredentialError.self) {
      try CredentialChain([ExplicitCredentials(nil)]).credentials()
    }
  }

  @Test func aKeyIsReplacedBeforeItEnds() throws {
    let lender = Lender()
    let chain = CredentialChain([lender], now: { lender.clock.withLock { $0 } })
    #expect(try chain.credentials().accessKeyID == "key-1")
    lender.wait(.seconds(3299))
    #expect(try chain.credentials().accessKeyID == "key-1")
    lender.wait(.seconds(2))
    #expect(try chain.credentials().accessKeyID == "key-2")
  }

  @Test func aKeyThatIsStillGoodServesWhileTheLenderIsAway() throws {
    let lender = Lender()
    let chain = CredentialChain([lender], now: { lender.clock.withLock { $0 } })
    _ = try chain.credentials()
    lender.fails.withLock { $0 = true }
    lender.wait(.seconds(3400))
    #expect(try chain.credentials().accessKeyID == "key-1")
    lender.wait(.seconds(300))
    #expect(throws: CredentialError.self) { try chain.credentials() }
  }

  @Test func whatTheStoreCallsExpiredIsAskedForAgain() throws {
    let lender = Lender()
    let chain = CredentialChain([lender], now: { lender.clock.withLock { $0 } })
    _ = try chain.credentials()
    chain.invalidate()
    #expect(try chain.credentials().accessKeyID == "key-2")
  }

  @Test func aLentKeysTokenIsSentAndSigned() throws {
    let chain = CredentialChain(
      Credentials(accessKeyID: "a", secret: Secret("s"), sessionToken: Secret("lent")))
    let headers = try SigV4Authorizer(chain, .amazon, region: "r").authorize(
      SigV4.Subject(method: "GET", path: "/", headers: [HTTPHeader("Host", "h")], bodyHash: "0"),
      at: Timestamp(microsecondsSinceEpoch: 0))
    #expect(headers.contains(HTTPHeader("x-amz-security-token", "lent")))
    let authorization = headers.first { $0.name == "Authorization" }?.value ?? ""
    #expect(authorization.contains("x-amz-date;x-amz-security-token,"))
  }
}
