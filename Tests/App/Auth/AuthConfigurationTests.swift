import Core
import POSIX
import TestSupport
import Testing

@testable import App

@Suite struct AuthConfigurationTests {
  private static func problems(_ variables: [String: String]) -> [EnvironmentReader.Problem] {
    do throws(ConfigurationProblems) {
      _ = try Configuration.read(variables)
      return []
    } catch { return error.problems }
  }

  @Test func inProductionItMustBeSaidWhetherRoutesAreOpen() throws {
    let problems = Self.problems(["APP_SETTINGS": "production"])
    #expect(
      problems.map(\.description) == [
        "AUTH is ''; allowed: off, writes, all; with APP_SETTINGS=production it is set"
      ])
    for mode in AuthMode.allCases {
      let variables = ["APP_SETTINGS": "production", "AUTH": mode.rawValue]
      #expect(try Configuration.read(variables).configuration.auth.mode == mode)
    }
  }

  @Test(arguments: [[:], ["APP_SETTINGS": "development"], ["APP_SETTINGS": "testing"]])
  func elsewhereRoutesAreOpenUnlessSaidOtherwise(variables: [String: String]) throws {
    #expect(try Configuration.read(variables).configuration.auth.mode == .off)
  }

  @Test func aWrongModeIsOneProblem() {
    let problems = Self.problems(["APP_SETTINGS": "production", "AUTH": "on"])
    #expect(problems.map(\.description) == ["AUTH is 'on'; allowed: off, writes, all"])
  }

  @Test(arguments: ["JWT_SECRET", "JWT_SECRET_PREVIOUS"])
  func aSecretThatIsTooShortStopsTheStartWithoutBeingShown(name: String) {
    let problems = Self.problems([name: "geheim"])
    #expect(
      problems.map(\.description) == [
        "\(name) is '[redacted]'; allowed: a secret of at least 32 bytes"
      ])
  }

  @Test func aSecretIsNotShownInTheConfiguration() throws {
    let report = try Configuration.read(["JWT_SECRET": AuthSite.secret])
    #expect(!report.text.contains(AuthSite.secret) && !report.json.contains(AuthSite.secret))
    #expect(!"\(report.configuration.auth.mode)".contains(AuthSite.secret))
  }

  @Test(arguments: [
    "https://issuer.example/keys", "https://issuer.example:8443/keys?policy=a",
    "http://127.0.0.1:8099/keys", "http://localhost/keys", "http://[::1]:80/keys",
  ])
  func anIssuersAddressIsTaken(address: String) throws {
    let origins = try Configuration.read(["JWT_JWKS": address]).configuration.auth.origins
    #expect(origins.map(\.place) == [.address(address)])
  }

  @Test(arguments: [
    "http://issuer.example/keys", "http://127.0.0.1.example/keys", "ftp://127.0.0.1/keys",
    "https://user:password@issuer.example/keys", "https:///keys", "https://issuer.example/a b",
    "https://issuer.example/keys#x", "http://localhost@issuer.example/keys",
  ])
  func anAddressThatCannotBeTrustedStopsTheStart(address: String) {
    #expect(Self.problems(["JWT_JWKS": address]).map(\.name) == ["JWT_JWKS"])
  }

  @Test func aFileWithoutKeysStopsTheStart() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("keys.json")
    #expect(Self.problems(["JWT_JWKS": path]).map(\.name) == ["JWT_JWKS"])
    try File.write(Array(#"{"keys":[]}"#.utf8), to: path)
    let problem = try #require(Self.problems(["JWT_JWKS": path]).first)
    #expect(problem.allowed.contains("no key for RS256, ES256 or EdDSA among 0"))
    try File.write(Array(AuthSite.keySet("one").utf8), to: path)
    #expect(Self.problems(["JWT_JWKS": path]).isEmpty)
  }
}
