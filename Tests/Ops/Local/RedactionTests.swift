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
}
