import Testing

@testable import Ops

@Suite struct SecretInClearTests {
  @Test(
    arguments: [
      "JWT_SECRET", "JWT_SECRET_PREVIOUS", "jwt_secret", "POSTGRES_PASSWORD", "SMTP_PASS", "DB_PWD",
      "APIKEY", "AWS_SECRET_ACCESS_KEY", "ENCRYPTION_KEY", "GITHUB_TOKEN",
    ])
  func aVariableThatHoldsASecretIsTold(name: String) {
    #expect(SecretInClear.isLikely(name: name, value: "x"))
    #expect(!SecretInClear.isLikely(name: name + "_FILE", value: "/run/secrets/x"))
    #expect(!SecretInClear.isLikely(name: name, value: ""))
    #expect(!SecretInClear.isLikely(name: "REQUIRE_" + name, value: "true"))
  }

  @Test(arguments: ["AUTH", "JWT_ISSUER", "JWT_AUDIENCE", "JWT_JWKS"])
  func anotherIsNot(name: String) {
    #expect(!SecretInClear.isLikely(name: name, value: "https://issuer.example/keys"))
  }

  /// Made up, in the forms of what they stand for.
  static let secrets = [
    "ghp_" + String(repeating: "a1B2", count: 9), "AKIA" + String(repeating: "Q7", count: 8),
    "sk_live_" + String(repeating: "9xY", count: 8), "glpat-" + String(repeating: "k3", count: 10),
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl", "host=db user=ada password=lovelace",
    "postgresql://ada:lovelace@db/app", "-----BEGIN PRIVATE KEY-----",
    "q9ZkT3vX0bLr7YwP5nHs2MdC8fJg1UeA4iOt6RyB",
  ]

  @Test(arguments: secrets)
  func aSecretIsToldByItsForm(value: String) {
    #expect(SecretInClear.isLikely(name: "ANYTHING", value: value))
  }

  @Test(arguments: secrets)
  func neitherTextsOfObjectsNorValuesOfTheChartTakeOneOrShowIt(value: String) throws {
    guard SecretInClear.isLikely(value: value) else { return }
    let lines = PlatformMistakeTests.report(
      """
      service: { name: a, image: b }
      environments:
        x:
          target: helm
          context: c
          namespace: n
          auth: off
          database: bundled
          annotations: { note: "\(value)" }
          pod: { annotations: { note: "\(value)" } }

      """)
    #expect(lines.count == 2 && lines.allSatisfy { $0.contains("a secret in clear") })
    #expect(!lines.joined().contains(value))
  }

  @Test(
    arguments: [
      "info", "https://hooks.example.com/alerts/production", "10.0.0.0/8,fd00::/8", "1000/min",
      "slipway/2026.11.0 (+https://example.com/slipway)", "/var/lib/slipway/people-2026-11-21.csv",
      "a-rather-long-name-of-a-cluster-in-eu-central-1", "postgres://db.example.com:5432/app",
      "arn:aws:iam::123456789012:role/SlipwayBackupsOfProduction2",
    ])
  func settingsAreNoSecrets(value: String) {
    #expect(!SecretInClear.isLikely(name: "ANYTHING", value: value))
  }
}
