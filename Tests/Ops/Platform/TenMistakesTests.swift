import Testing

@testable import Ops

/// Ten mistakes that hide nothing from each other.
struct TenMistakesTests {
  /// One mistake: what it changes in a file that is right, and what is said of it.
  struct One: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let line: Int
    let text: String
    let words: String

    init(_ name: String, line: Int, _ text: String, _ words: String) {
      testDescription = name
      self.line = line
      self.text = text
      self.words = words
    }
  }

  private static let right = """
    service:
      name: slipway
      image: ghcr.io/example/slipway
    defaults:
      target: helm
      context: cluster
      settings: staging
      database: bundled
      auth: off
      drain: 10s
    environments:
      one:
        namespace: one
        host: one.example.com
        replicas: 2
        grace: 30s
      two:
        namespace: two
        host: two.example.com
        autoscale: { min: 2, max: 6 }
        rollout: { soak: 5s }
        env:
          LOG_LEVEL: info
          LOG_FORMAT: json
      production:
        namespace: production
        host: api.example.com
        resources: { limits: { cpu: 1, memory: 1Gi } }

    """

  static let all: [One] = [
    One(
      "an unpinned image in production", line: 3, "  image: ghcr.io/example/slipway:latest",
      "3:10: error: service.image: 'ghcr.io/example/slipway:latest' is not allowed; wanted: an "
        + "image without tag and digest (for example ghcr.io/example/slipway)"),
    One(
      "a type", line: 15, "    replicas: many",
      "15:15: error: environments.one.replicas: 'many' is not allowed; wanted: a whole number "
        + "from 0 to 1000"),
    One(
      "grace under drain", line: 16, "    grace: 12s",
      "16:12: error: environments.one.grace: grace 12s is too short for drain; at least 23s"),
    One(
      "two environments on one host", line: 19, "    host: one.example.com",
      "19:11: error: environments.two.host: the environment 'one' has one.example.com already"),
    One(
      "min over max", line: 20, "    autoscale: { min: 7, max: 6 }",
      "20:23: error: environments.two.autoscale.min: min 7 is over max 6"),
    One(
      "an unknown key", line: 21, "    rollout: { soka: 5s }",
      "21:16: error: environments.two.rollout.soka: unknown key\n  did you mean 'soak'?"),
    One(
      "a secret in clear", line: 23, "      SMTP_PASSWORD: hunter2",
      "23:22: error: environments.two.env.SMTP_PASSWORD: a secret in clear; name where it comes "
        + "from under 'secrets' instead"),
    One(
      "a tab", line: 24, "\t  LOG_FORMAT: json",
      "24:1: error: a tab where YAML wants spaces"),
    One(
      "a duplicate key", line: 27, "    host: api.example.com\n    host: www.example.com",
      "28:5: error: the key 'host' is already given at 27:5"),
    One(
      "a loop of anchors", line: 28, "    resources: &all { limits: { cpu: 1, memory: *all } }",
      "28:49: error: a loop: this alias is within the value that '&all' at 28:16 names"),
  ]

  @Test func theFileWithoutThemIsRight() {
    #expect(PlatformMistakeTests.report(Self.right) == [])
  }

  @Test(arguments: all)
  func aMistakeIsNamedAlone(_ mistake: One) {
    #expect(PlatformMistakeTests.report(Self.text([mistake])) == Self.lines(mistake.words))
  }

  @Test func allAreNamedInOneRun() {
    // The second `host` moves what comes after it down.
    let words =
      Self.all.map(\.words).dropLast() + [
        "29:49: error: a loop: this alias is within the value that '&all' at 29:16 names"
      ]
    #expect(PlatformMistakeTests.report(Self.text(Self.all)) == words.flatMap(Self.lines))
  }

  /// What a key was meant for that resembles none, nobody knows: it hides nothing.
  @Test func aKeyThatResemblesNoneHidesNothing() {
    let lines = PlatformMistakeTests.report(
      """
      service: { name: a, image: b }
      environments:
        production:
          target: helm
          context: c
          colour: blue
          grace: 8s
          database: { mode: external }

      """)
    let errors = lines.filter { $0.contains("error: ") }
    #expect(
      errors == [
        "platform.yaml:4:5: error: environments.production: the key 'namespace' is missing: the "
          + "target helm needs it",
        "platform.yaml:4:5: error: environments.production: production has to say who may write: "
          + "name secrets.jwt, or set auth: off",
        "platform.yaml:6:5: error: environments.production.colour: unknown key",
        "platform.yaml:7:12: error: environments.production.grace: grace 8s is too short for "
          + "drain; at least 23s",
        "platform.yaml:8:15: error: environments.production.database: the database is external; "
          + "name its address as secrets.database",
      ])
  }

  private static func text(_ mistakes: [One]) -> String {
    var lines = right.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for mistake in mistakes { lines[mistake.line - 1] = mistake.text }
    return lines.joined(separator: "\n")
  }

  private static func lines(_ words: String) -> [String] {
    let lines = words.split(separator: "\n").map(String.init)
    return ["platform.yaml:" + lines[0]] + lines.dropFirst()
  }
}
