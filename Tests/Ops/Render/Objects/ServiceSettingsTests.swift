import Crypto
import Testing
import YAML

@testable import Ops

/// What the service is told.
struct ServiceSettingsTests {
  @Test func aVariableOfTheValuesWins() throws {
    let release = try TestRelease.of("env: { LOG_FORMAT: text }")
    #expect(release.settings["LOG_FORMAT"] == "text")
  }

  @Test(arguments: [
    "HTTP_PORT", "ADMIN_PORT", "DRAIN_DELAY", "DRAIN_TIMEOUT_FILE", "DATABASE_URL", "AUTH_FILE",
    "POSTGRES_USER", "API_KEY", "API_KEY_FILE", "APP_SETTINGS", "AUTH", "REVISION", "REVISION_FILE",
    "LOG_FORMAT_FILE",
  ])
  func whatIsSetElsewhereIsNotToBeOverridden(_ name: String) throws {
    let secrets = "secrets: { api-key: { existing: a } }\n"
    #expect(throws: PlatformError.self) { try TestRelease.of(secrets + "env: { \(name): \"1\" }") }
  }

  @Test func portsAndHowTheServiceEndsAreSettings() throws {
    let release = try TestRelease.of("ports: { http: 8181 }")
    #expect(release.settings["HTTP_PORT"] == "8181")
    #expect(release.settings["ADMIN_PORT"] == "9090")
    #expect(release.settings["DRAIN_DELAY"] == "3s")
    #expect(release.settings["DRAIN_TIMEOUT"] == "10s")
  }

  @Test func theRevisionIsOfTheImageAndTheSettingsInOrderOfTheirNames() throws {
    let release = try TestRelease.of("env: { zeta: \"1\", ALPHA: x }")
    let text = """
      ADMIN_PORT=9090
      ALPHA=x
      APP_SETTINGS=production
      AUTH=off
      DRAIN_DELAY=3s
      DRAIN_TIMEOUT=10s
      HTTP_PORT=8080
      LOG_FORMAT=json
      zeta=1

      """
    let revision = SHA256.hexadecimal("\(release.image)\n\(SHA256.hexadecimal(text))")
    #expect(release.containerVariables["REVISION"] == String(revision.prefix(12)))
  }

  @Test func otherSettingsAreAnotherRevision() throws {
    let other = try TestRelease.of("env: { LOG_LEVEL: debug }")
    #expect(try TestRelease.of().revision != other.revision)
  }

  @Test func anotherImageIsAnotherRevisionWithTheSameSettings() throws {
    let one = try TestRelease.of()
    let other = try TestRelease.of(image: ImageReference(repository: "a/b", tag: "2"))
    #expect(one.settings == other.settings)
    #expect(one.revision != other.revision)
  }

  @Test func aPodHasItsSettingsInItsTemplateSoThatTheyGoBackWithIt() throws {
    let release = try TestRelease.of("env: { ALPHA: x }")
    let names = (release.container["env"]?.sequence ?? []).compactMap { $0["name"]?.text }
    let settings = release.settings.keys + ["REVISION"]
    #expect(names.filter(settings.contains) == settings.sorted())
    #expect(release.container["envFrom"] == nil)
    #expect(!Objects.all(of: release).contains { $0.kind == "ConfigMap" })
  }

  /// What Kubernetes makes of a value: `$$` is a dollar, `$(NAME)` another variable.
  @Test func aDollarOfAValueIsNoReferenceToAnotherVariable() throws {
    let release = try TestRelease.of("env: { ALPHA: \"$(AUTH) $$ $\" }")
    #expect(release.containerVariables["ALPHA"] == "$$(AUTH) $$$$ $$")
  }
}
