import Core
import POSIX
import Subprocess
import TestSupport
import Testing
import YAML

@testable import Ops

/// Secrets in files that SOPS encrypts; a stand-in takes its place.
struct SopsTests {
  private static let environments = """
      staging:
        database: bundled
        secrets: { jwt: { sops: secrets/jwt.yaml }, mail: { existing: mail } }
    """

  @Test func aSecretOfAFileIsEncryptedThere() throws {
    let site = try SecretsSite(
      environments: "  x: { database: sqlite, replicas: 1, "
        + "secrets: { jwt: { sops: secrets/jwt.yaml } } }")
    let result = try site.run("--env", "x")
    #expect(result.exit == .code(0), "\(result.errorText)")
    #expect(result.outputText == "made       secrets/jwt.yaml, secret/slipway-jwt: secret\n")
    #expect(
      site.record("sops.arguments") == """
        encrypt
        --filename-override
        secrets/jwt.yaml
        --input-type
        yaml
        --output-type
        yaml
        /dev/stdin

        """)
    let given = try YAMLReader.read(site.record("sops.given"))
    let secret = try #require(given.value(at: ["stringData", "secret"])?.scalar?.text)
    #expect(secret.utf8.count >= 32)
    let path = site.project.file("secrets/jwt.yaml")
    let written = try YAMLReader.read(try File.readText(path))
    #expect(written.value(at: ["metadata", "name"]) == "slipway-jwt")
    #expect(written.value(at: ["stringData", "secret"])?.scalar?.text.hasPrefix("ENC[") == true)
    #expect(try Self.mode(path) == "600")
    #expect(try File.list(Path.parent(of: path)) == ["jwt.yaml"])
    #expect(site.record("kubectl.arguments").isEmpty)
  }

  @Test func aFileTakesThePlaceOfTheCluster() throws {
    let site = try SecretsSite(environments: Self.environments)
    let result = try site.run("--env", "staging", "--to", "all.yaml")
    #expect(
      result.outputText == """
        yours      secret/mail: only you know value
        made       all.yaml, secret/slipway-database: password, url
        made       secrets/jwt.yaml, secret/slipway-jwt: secret

        """)
    #expect(site.record("kubectl.arguments").isEmpty)
  }

  @Test func severalSecretsOfOneFileAreDocuments() throws {
    let site = try SecretsSite(environments: Self.environments)
    _ = try site.run("--env", "staging", "--to", "secrets/jwt.yaml")
    let bytes = try File.read(site.project.file("secrets/jwt.yaml"))
    #expect(
      SopsFile.state(of: bytes) == .encrypted(names: ["slipway-database", "slipway-jwt"]))
  }

  @Test func aFileThatIsThereStaysAsItIs() throws {
    let site = try SecretsSite(environments: Self.environments)
    _ = try site.run("--env", "staging", "--to", "all.yaml")
    let before = try File.readText(site.project.file("all.yaml"))
    let result = try site.run("--env", "staging", "--to", "all.yaml")
    #expect(
      result.outputText.contains("kept       all.yaml, secret/slipway-database: it was there"))
    #expect(result.exit == .code(0))
    #expect(try File.readText(site.project.file("all.yaml")) == before)
  }

  @Test func whatOnlyPeopleKnowIsToldTheSameBothTimes() throws {
    let site = try SecretsSite(
      environments: """
          staging:
            database: bundled
            secrets:
              { database: { sops: all.yaml }, mail: { sops: all.yaml }, fax: { sops: b.yaml } }
        """)
    for word in ["made ", "kept "] {
      let result = try site.run("--env", "staging")
      #expect(result.outputText.contains(word))
      #expect(
        result.outputText.contains("lacking    all.yaml, secret/slipway-mail: it has no value"))
      #expect(
        result.outputText.contains("missing    b.yaml, secret/slipway-fax: only you know value"))
      #expect(
        result.errorText == """
          2 secrets left to see to, in shop
            sops edit all.yaml
            sops edit b.yaml

          """)
      #expect(result.exit == .code(ExitCode.failure.rawValue))
    }
  }

  @Test(arguments: ["all.json", "../all.yaml", "/all.yaml"])
  func aFileIsNamedAsPlatformNamesIt(_ path: String) throws {
    let site = try SecretsSite(environments: "  staging: { database: bundled }")
    #expect(try site.run("--env", "staging", "--to", path).exit == .code(ExitCode.usage.rawValue))
  }

  @Test func aFileWithoutTheSecretIsTold() throws {
    let site = try SecretsSite(environments: Self.environments)
    _ = try site.run("--env", "staging", "--to", "all.yaml")
    try site.write(
      "platform.yaml",
      try File.readText(site.project.file("platform.yaml")).replacing(
        "secrets/jwt.yaml", with: "all.yaml"))
    let result = try site.run("--env", "staging", "--to", "all.yaml")
    #expect(result.outputText.contains("lacking    all.yaml, secret/slipway-jwt"))
    #expect(result.exit == .code(ExitCode.failure.rawValue))
  }

  @Test func aFileInClearIsRefused() throws {
    let site = try SecretsSite(environments: Self.environments)
    try site.write("all.yaml", "stringData: { password: hunter2 }\n")
    let result = try site.run("--env", "staging", "--to", "all.yaml")
    #expect(result.exit == .code(ExitCode.refused.rawValue))
    #expect(
      result.errorText.hasPrefix("ops: error: all.yaml is there and not encrypted by SOPS\n"))
  }

  @Test(arguments: [
    (
      "broken", "ops: error: all.yaml: sops: error loading config: no matching creation rules found"
    ),
    (
      "in-clear",
      "ops: error: all.yaml: sops left the value of 'password' in clear; nothing was "
        + "written"
    ),
  ])
  func withoutEncryptionNothingIsWritten(_ circumstance: String, _ message: String) throws {
    let site = try SecretsSite(environments: "  staging: { database: bundled }")
    try File.write([], to: site.records.file(circumstance))
    let result = try site.run("--env", "staging", "--to", "all.yaml")
    #expect(result.exit == .code(ExitCode.refused.rawValue))
    #expect(result.errorText.hasPrefix(message + "\n"), "\(result.errorText)")
    #expect(try File.list(site.project.path) == ["platform.yaml"])
  }

  @Test func aTextIsEncryptedOnlyWhereEveryDocumentSaysSo() {
    func state(_ text: String) -> SopsFile.State { SopsFile.state(of: Array(text.utf8)) }
    #expect(state("a: ENC[x]\nsops: { mac: y }\n") == .encrypted(names: []))
    #expect(
      state("metadata: { name: \"ENC[x]\" }\nsops: { mac: y }\n") == .encrypted(names: nil))
    #expect(state("a: 1\n") == .plain)
    #expect(state("a: 1\nsops: { mac: y }\n---\nb: 1\n") == .plain)
    #expect(state("") == .plain)
    #expect(state("{") == .plain)
  }

  private static func mode(_ path: String) throws -> String {
    try Subprocess.Command("stat", ["--format", "%a", path]).run(deadline: .after(.seconds(30)))
      .outputText.filter { $0.isNumber }
  }
}

/// Values that nobody has thought of.
struct RandomTextTests {
  @Test func aPasswordIsOfLettersAndDigits() {
    let texts = (0..<200).map { _ in RandomText.password(characters: 32).reveal() }
    #expect(texts.allSatisfy { $0.utf8.count == 32 })
    #expect(texts.allSatisfy { $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } })
    #expect(Set(texts).count == texts.count)
    // Of 6,400 characters each of 62 comes about 103 times.
    var counts: [Character: Int] = [:]
    for character in texts.joined() { counts[character, default: 0] += 1 }
    #expect(counts.count == 62)
    #expect(counts.values.allSatisfy { (40...200).contains($0) })
  }

  @Test func aKeyIsLongEnoughForTokens() throws {
    let key = RandomText.key(bytes: SecretPlan.signingKeyBytes)
    #expect(key.reveal().utf8.count == 64)
    #expect(key != RandomText.key(bytes: SecretPlan.signingKeyBytes))
  }
}
