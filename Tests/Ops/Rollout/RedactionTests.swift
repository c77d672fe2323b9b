import POSIX
import TestSupport
import Testing

@testable import Ops

@Suite struct RedactionTests {
  @Test func passwordsInVariablesAndURLsAreTakenOut() {
    let redaction = Redaction([
      "JWT_SECRET": "correct horse", "DATABASE_URL": "postgres://me:battery@db/slipway",
      "LOG_LEVEL": "info",
    ])
    #expect(
      redaction.applied(to: "info: correct horse at postgres://me:battery@db")
        == "info: [redacted] at postgres://me:[redacted]@db")
  }

  @Test func aPasswordIsTakenOutAsAnAddressHasItAndAsItIs() {
    let redaction = Redaction(["DATABASE_URL": "postgres://me:a%2Fb%40c@db/slipway"])
    #expect(redaction.applied(to: "tried a/b@c, a%2Fb%40c") == "tried [redacted], [redacted]")
  }

  @Test func whatJSONHasEscapedIsTakenOutToo() {
    let redaction = Redaction(["API_TOKEN": #"say "open""#])
    #expect(redaction.applied(to: #"{"m":"say \"open\""}"#) == #"{"m":"[redacted]"}"#)
  }

  @Test func secretsInMountedFilesAreTakenOut() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("password")
    try File.write(Array("staple\n".utf8), to: path)
    let redaction = Redaction(["POSTGRES_PASSWORD_FILE": path])
    #expect(redaction.applied(to: "no staple here") == "no [redacted] here")
  }

  @Test func aSecretThatHoldsAnotherGoesWhole() {
    let redaction = Redaction(["A_SECRET": "battery", "B_SECRET": "battery staple"])
    #expect(redaction.applied(to: "battery staple, battery") == "[redacted], [redacted]")
  }

  @Test func shortValuesAreLeftAlone() {
    #expect(Redaction(["A_TOKEN": "on"]).applied(to: "one on") == "one on")
  }

  @Test(arguments: [
    (
      "cannot reach postgres://me:battery@db/slipway",
      "cannot reach postgres://me:[redacted]@db/slipway"
    ),
    ("Authorization: Bearer 0123456789abcdef", "Authorization: Bearer [redacted]"),
    (
      #"{"authorization":"Bearer 0123456789abcdef","n":1}"#,
      #"{"authorization":"Bearer [redacted]","n":1}"#
    ),
    ("API_TOKEN=correct-horse is wrong", "API_TOKEN=[redacted] is wrong"),
    ("Key/aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW is one", "[redacted] is one"),
    (#"{"password": "battery", "user": "me"}"#, #"{"password": "[redacted]", "user": "me"}"#),
    ("host=db user=me password=staple", "host=db user=me password=[redacted]"),
    (
      "the token eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl is old",
      "the token [redacted] is old"
    ),
    ("q9ZkT3vX0bLr7YwP5nHs2MdC8fJg1UeA4iOt6RyB", "[redacted]"),
    ("-----BEGIN PRIVATE KEY-----", "[redacted]"),
    ("password = staple", "password = [redacted]"),
    ("password: staple", "password: [redacted]"),
    ("wrong password: St4ple is refused", "wrong password: [redacted] is refused"),
    ("> X-Api-Key: staple", "> X-Api-Key: [redacted]"),
    ("curl -H 'X-Api-Key: staple' http://a", "curl -H 'X-Api-Key: [redacted]' http://a"),
    ("{'password': 'staple'}", "{'password': '[redacted]'}"),
    (
      #"{"m":"{\"password\":\"sta\\\"ple\",\"n\":1}"}"#,
      #"{"m":"{\"password\":\"[redacted]\",\"n\":1}"}"#
    ),
    (#"{"password":"sta\"ple","n":1}"#, #"{"password":"[redacted]","n":1}"#),
    ("API_TOKEN=a,b;c&d?e)f is wrong", "API_TOKEN=[redacted] is wrong"),
    ("(user=me,password=a,b,host=db)", "(user=me,password=[redacted],host=db)"),
  ])
  func whatNobodyToldOfIsTakenOutByItsForm(line: String, told: String) {
    #expect(Redaction(secrets: []).applied(to: line) == told)
  }

  @Test(arguments: [
    "12:00 Pod/slipway-migrate-ac65089665-dzwsj Failed: Error: ErrImagePull",
    "invalid token: unexpected character", "column \"nickname\" already exists",
    "ghcr.io/example/slipway@sha256:" + String(repeating: "0f3a", count: 16),
    "container app of pod slipway-5d8f7c9b7-x2x9z: OOMKilled (exit 137, limit 128Mi), 3 restarts",
    #"MountVolume.SetUp failed for volume "secret" : secret "slipway" not found"#,
    "Secret db-password: the operator of the database has not made it yet",
    "PASSWORD_FILE=/run/secrets/password", "requires_password=true, secret=",
    "https://user@host/path: no such host", "basic words and a bearer of news",
    "http://localhost/api/v1/namespaces/production/services/slipway:http/proxy/health",
  ])
  func sentencesStayAsTheyAre(line: String) {
    #expect(Redaction(secrets: []).applied(to: line) == line)
  }
}
