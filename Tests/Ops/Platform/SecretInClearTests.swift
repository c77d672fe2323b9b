import POSIX
import Testing

@testable import Ops

@Suite struct SecretInClearTests {
  @Test(
    arguments: [
      "JWT_SECRET", "JWT_SECRET_PREVIOUS", "jwt_secret", "POSTGRES_PASSWORD", "SMTP_PASS", "DB_PWD",
      "APIKEY", "AWS_SECRET_ACCESS_KEY", "ENCRYPTION_KEY", "GITHUB_TOKEN", "PGPASSWORD",
      "DBPASSWORD", "MYSECRET", "SECRETKEY", "PASSWORD1", "PASSWORD_2", "CLIENT_SECRET_VALUE",
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
    "q9ZkT3vX0bLr7YwP5nHs2MdC8fJg1UeA4iOt6RyB", "Bearer 0123456789abcdef", "basic YWRhOmxvdmVsYWNl",
    "Authorization: Bearer abcdefgh1", "the token is ghp_" + String(repeating: "a1B2", count: 5),
    "key=AKIA" + String(repeating: "Q7", count: 8),
    "token eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl, for now",
  ]

  @Test(arguments: ["KEY", "COOKIE_KEY", "SIGNKEY", "KEY_1"])
  func aKeyIsToldByItsDigits(name: String) {
    let digits = String(repeating: "0f3a", count: 8)
    #expect(SecretInClear.isLikely(name: name, value: digits))
    #expect(SecretInClear.isLikely(name: name, value: digits.uppercased()))
    #expect(!SecretInClear.isLikely(name: name, value: "people"))
    #expect(!SecretInClear.isLikely(name: "COMMIT", value: digits))
  }

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

  /// What the service reads, with the values of `.env.template`.
  @Test func documentedSettingsAreNoSecrets() throws {
    let text = try File.readText(PlatformTests.root + "/.env.template")
    let settings = text.split(separator: "\n").compactMap { line -> (String, String)? in
      let parts = line.drop { $0 == "#" }.split(separator: "=", maxSplits: 1)
      guard line.contains("="), !line.contains("# "), parts.count == 2 else { return nil }
      return (String(parts[0]), String(parts[1]))
    }
    #expect(settings.count > 40)
    for (name, value) in settings {
      #expect(!SecretInClear.isLikely(name: name, value: value), "\(name)")
    }
  }

  @Test(
    arguments: [
      "info", "https://hooks.example.com/alerts/production", "10.0.0.0/8,fd00::/8", "1000/min",
      "slipway/2026.11.0 (+https://example.com/slipway)", "/var/lib/slipway/people-2026-11-21.csv",
      "a-rather-long-name-of-a-cluster-in-eu-central-1", "postgres://db.example.com:5432/app",
      "arn:aws:iam::123456789012:role/SlipwayBackupsOfProduction2", "basic", "Bearer tokens only",
      "Basic authentication needed", "ask-somebody-who-knows-more-about-it",
      "disk-of-a-rather-long-name-2026", "https://example.com/sk-a-rather-long-name-of-a-page",
    ])
  func settingsAreNoSecrets(value: String) {
    #expect(!SecretInClear.isLikely(name: "ANYTHING", value: value))
  }
}
