import Core
import HTTPClient
import JSON
import TestSupport
import Testing
import Tokens

@testable import App

/// Who may ask for what, over HTTP.
@Suite struct AuthContractTests {
  private static func service(_ variables: [String: String] = [:]) throws -> RunningService {
    try RunningService(.sqlite, ["JWT_SECRET": AuthSite.secret].merging(variables) { $1 })
  }

  @Test(arguments: TestDatabase.allCases)
  func aTokenWithTheScopeOpensTheHistories(_ kind: TestDatabase) throws {
    let service = try RunningService(kind, ["JWT_SECRET": AuthSite.secret])
    let response = try service.histories(try AuthSite.token())
    #expect(response.status == 200)
    #expect(response.header("Cache-Control") == "no-store")
    #expect(try service.sample(#"slipway_auth_tokens_total{outcome="accepted"}"#) == "1")
  }

  @Test func withoutATokenTheChallengeNamesNoError() throws {
    let service = try Self.service()
    let response = try service.histories()
    #expect(response.status == 401)
    #expect(response.header("WWW-Authenticate") == "Bearer realm=\"slipway\"")
    #expect(response.header("Content-Type") == "application/problem+json")
    #expect(response.json["status"] == 401)
    #expect(try service.sample(#"slipway_auth_tokens_total{outcome="missing"}"#) == "1")
  }

  @Test func anInvalidTokenIsToldWhatIsWrongWithIt() throws {
    let service = try Self.service()
    let expired = AuthSite.claims(expiresIn: .seconds(-120))
    let response = try service.histories(try AuthSite.token(expired))
    #expect(response.status == 401)
    #expect(
      response.header("WWW-Authenticate")
        == "Bearer realm=\"slipway\", error=\"invalid_token\", "
        + "error_description=\"the token has expired\"")
    #expect(try service.sample(#"slipway_auth_tokens_total{outcome="expired"}"#) == "1")
  }

  @Test(arguments: [
    "Bearer", "Bearer ", "Bearer x", "bearer x.y.z", "BEARER  eyJhbGciOiJub25lIn0.e30.",
    "Bearer a.b.c, d",
  ])
  func whatIsNoTokenIsAnInvalidOne(header: String) throws {
    let response = try Self.service().histories(["Authorization": header])
    #expect(response.status == 401)
    #expect(response.header("WWW-Authenticate")?.contains("error=\"invalid_token\"") == true)
  }

  @Test func aSignatureOfAnotherSecretIsRefused() throws {
    let response = try Self.service().histories(try AuthSite.token(secret: AuthSite.oldSecret))
    #expect(response.status == 401)
    #expect(response.json["detail"] == "the token's signature is not valid")
  }

  @Test func aTokenWithoutTheScopeIsForbidden() throws {
    let service = try Self.service()
    for scopes in [[], ["histories:write"], ["histories"], ["people:write"]] {
      let response = try service.histories(try AuthSite.token(AuthSite.claims(scopes)))
      #expect(response.status == 403)
      #expect(
        response.header("WWW-Authenticate")
          == "Bearer realm=\"slipway\", error=\"insufficient_scope\", scope=\"histories:read\"")
      #expect(response.header("Cache-Control") == "no-store")
    }
  }

  @Test func theImportNeedsItsScopeWhateverIsConfigured() throws {
    let service = try Self.service(["AUTH": "off"])
    let header =
      "Survived,Pclass,Name,Sex,Age,Siblings/Spouses Aboard,Parents/Children Aboard,Fare\n"
    var headers = ["Content-Type": "text/csv"]
    #expect(
      try service.send("POST", "/people/import", headers: headers, body: header).status == 401)
    headers.merge(try AuthSite.token()) { $1 }
    #expect(
      try service.send("POST", "/people/import", headers: headers, body: header).status == 403)
    headers.merge(try AuthSite.token(AuthSite.claims(["people:write"]))) { $1 }
    #expect(try service.send("POST", "/people/import", headers: headers, body: header).status < 300)
  }

  @Test(arguments: [
    (AuthMode.off, 204, 200), (.writes, 401, 200), (.all, 401, 401),
  ])
  func theModeSaysWhatNeedsAToken(mode: AuthMode, write: Int, read: Int) throws {
    let service = try Self.service(["AUTH": mode.rawValue])
    let body = #"{"dateOfBirth":"1990-04-17"}"#
    var headers = ["Content-Type": "application/json"]
    #expect(try service.send("PUT", "/hello/Ada", headers: headers, body: body).status == write)
    headers.merge(try AuthSite.token(AuthSite.claims([]))) { $1 }
    #expect(try service.send("PUT", "/hello/Ada", headers: headers, body: body).status == 204)
    let open = try service.get("/hello/Ada")
    #expect(open.status == read)
    #expect(open.header("Cache-Control") == nil)
    let shown = try service.get("/hello/Ada", headers: try AuthSite.token(AuthSite.claims([])))
    #expect(shown.status == 200)
    #expect(shown.header("Cache-Control") == "no-store")
  }

  @Test(arguments: ["/livez", "/readyz", "/version", "/health", "/metrics"])
  func operatorsNeedNoToken(path: String) throws {
    let service = try Self.service(["AUTH": "all"])
    #expect(try eventually { try service.get(path).status == 200 })
    let headers = ["Authorization": "Bearer nonsense"]
    #expect(try service.get(path, headers: headers).status == 200)
  }

  @Test func aTokenThatIsShownIsCheckedWhereNoneIsNeededToo() throws {
    let service = try Self.service()
    _ = try service.put("Ada", #"{"dateOfBirth":"1990-04-17"}"#)
    let headers = ["Authorization": "Bearer nonsense"]
    #expect(try service.get("/hello/Ada", headers: headers).status == 401)
  }

  @Test(arguments: ["Basic YTpi", "Bearerx y", "Digest a=b", ""])
  func otherSchemesAreNotForUs(header: String) throws {
    let service = try Self.service()
    _ = try service.put("Ada", #"{"dateOfBirth":"1990-04-17"}"#)
    #expect(try service.get("/hello/Ada", headers: ["Authorization": header]).status == 200)
    let response = try service.histories(["Authorization": header])
    #expect(response.status == 401)
    #expect(response.header("WWW-Authenticate") == "Bearer realm=\"slipway\"")
  }

  @Test func twoHeadersAreRefused() throws {
    let service = try Self.service()
    let token = try #require(try AuthSite.token()["Authorization"])
    let response = try service.client.send(
      HTTPRequest(
        "http://127.0.0.1:\(service.service.socket.port)/api/histories",
        headers: [HTTPHeader("Authorization", token), HTTPHeader("Authorization", token)]))
    #expect(response.status == 400)
    #expect(response.header("WWW-Authenticate")?.contains("invalid_request") == true)
  }

  @Test func issuerAndAudienceAreExactWhereConfigured() throws {
    let service = try Self.service([
      "JWT_ISSUER": "https://issuer.example", "JWT_AUDIENCE": "slipway",
    ])
    #expect(try service.histories(try AuthSite.token()).status == 200)
    var claims = AuthSite.claims()
    claims.issuer = "https://issuer.example/"
    #expect(try service.histories(try AuthSite.token(claims)).status == 401)
    claims = AuthSite.claims()
    claims.audiences = ["other"]
    #expect(try service.histories(try AuthSite.token(claims)).status == 401)
  }

  @Test func withoutAKeyWhatNeedsATokenIsClosedAndTheRestOpen() throws {
    let service = try RunningService(.sqlite)
    let line = "set JWT_SECRET or JWT_JWKS"
    #expect(eventually { service.logged.contains(line) })
    let headers = try AuthSite.token()
    #expect(try service.histories(headers).status == 401)
    #expect(try service.histories().status == 401)
    _ = try service.put("Ada", #"{"dateOfBirth":"1990-04-17"}"#)
    #expect(try service.get("/hello/Ada", headers: headers).status == 200)
  }

  @Test func noTokenIsEverLogged() throws {
    let service = try Self.service()
    let headers = try AuthSite.token()
    let token = try #require(headers["Authorization"]?.dropFirst(7))
    _ = try service.histories(headers)
    _ = try service.histories(["Authorization": "Bearer \(token)x"])
    #expect(eventually { service.logged.contains("/api/histories") })
    #expect(!service.logged.contains(token.prefix(20)))
    #expect(!service.logged.contains(AuthSite.secret))
  }
}
