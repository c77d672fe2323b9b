import Crypto
import Testing
import YAML

@testable import Ops

/// What the service is told.
struct ConfigTests {
  @Test func aVariableOfTheValuesWins() throws {
    let release = try TestRelease.of("env: { LOG_FORMAT: text, AUTH: all }")
    #expect(release.settings["LOG_FORMAT"] == "text")
    #expect(release.settings["AUTH"] == "all")
  }

  @Test(arguments: [
    "HTTP_PORT", "ADMIN_PORT", "DRAIN_DELAY", "DRAIN_TIMEOUT_FILE", "DATABASE_URL", "AUTH_FILE",
    "POSTGRES_USER", "API_KEY", "API_KEY_FILE",
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

  @Test func theChecksumIsOfTheSettingsInOrderOfTheirNames() throws {
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
    let annotations = release.deployment.at("spec", "template", "metadata", "annotations")
    #expect(annotations?["checksum/config"]?.text == SHA256.hexadecimal(text))
  }

  @Test func otherSettingsAreOtherPodsOfAnotherRevision() throws {
    let one = try TestRelease.of()
    let other = try TestRelease.of("env: { LOG_LEVEL: debug }")
    #expect(one.settingsChecksum != other.settingsChecksum)
    #expect(one.containerVariables["REVISION"] != other.containerVariables["REVISION"])
  }

  @Test func anotherImageIsAnotherRevisionWithTheSameSettings() throws {
    let one = try TestRelease.of()
    let other = try TestRelease.of(image: ImageReference(repository: "a/b", tag: "2"))
    #expect(one.settingsChecksum == other.settingsChecksum)
    #expect(one.revision != other.revision)
    #expect(one.revision.count == ChartRelease.revisionDigits)
  }

  @Test func aRevisionThatIsGivenCounts() throws {
    let release = try TestRelease.of("env: { REVISION: mine }")
    #expect(release.containerVariables["REVISION"] == nil)
    #expect(release.settings["REVISION"] == "mine")
  }

  @Test func theContainerHasItsSettingsFromTheConfigMap() throws {
    let release = try TestRelease.of()
    let source = release.container["envFrom"]?.sequence?.first?.at("configMapRef", "name")
    let config = try #require(release.object("ConfigMap", "slipway-config"))
    #expect(source?.text == config.name)
    #expect(config.node["data"]?.texts == release.settings)
  }
}
