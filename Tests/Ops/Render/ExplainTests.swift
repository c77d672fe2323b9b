import JSON
import POSIX
import Testing
import YAML

@testable import Ops

/// What is told of values and of where they come from.
struct ExplainTests {
  private static let file = """
    service: { name: slipway, image: example/slipway }
    defaults:
      drain: 20s
      target: helm
      context: cluster
      namespace: slipway
      database: bundled
      auth: off
      labels: { example.com/team: birthdays }
      rollout: { soak: 30s }
    environments:
      staging:
        rollout: { soak: 2m }
        resources: { limits: { memory: 1Gi } }
        network: { upstreams: [10.0.0.0/8, "fd00::/8"] }
      production:
        namespace: slipway-production
        host: api.example.com
        secrets: { jwt: { external: vault/jwt } }
      desk:
        target: local
        database: sqlite

    """

  private static func lines(_ path: String) throws -> [String] {
    try explain(path).flatMap(\.lines)
  }

  private static func explain(_ path: String) throws -> [Explanation] {
    let platform = try Platform(Array(file.utf8))
    return try Explainer(platform: platform).explain(path)
  }

  @Test func aValueOfAnEnvironmentNamesTheDefaultThatItReplaces() throws {
    #expect(
      try Self.lines("staging.rollout.soak") == [
        "staging.rollout.soak: 2m",
        "  written  platform.yaml:13:22, in environments.staging",
        "  instead  of 30s, platform.yaml:10:20, in defaults",
        "  wanted   a whole number with a unit: ms, s, m, h or d (for example 500ms, 10s)",
        "  default  30s", "  help     How long the probes go on after the gate has opened.",
      ])
  }

  @Test(arguments: [
    ("production.rollout.soak", "platform.yaml:10:20, defaults", "30s"),
    ("production.rollout.probeRate", "default", "20"),
    ("production.grace", "default: drain and a margin", "33s"),
    ("staging.resources.requests.cpu", "default: 100m in a cluster", "100m"),
    ("staging.resources.limits.cpu", "not given", "-"),
    ("staging.database.resources.requests.memory", "default: 512Mi", "512Mi"),
    ("desk.resources.requests.cpu", "not given", "-"),
    ("desk.database.resources.requests.memory", "not given", "-"),
    ("production.tls", "not given", "-"), ("desk.tls.secret", "not given", "-"),
    ("staging.database.mode", "platform.yaml:7:13, defaults", "bundled"),
    ("desk.database.mode", "platform.yaml:22:15", "sqlite"),
    ("desk.host", "default: 127.0.0.1 for target local", "\"127.0.0.1\""),
    ("staging.host", "not given", "-"),
    ("staging.network.upstreams", "platform.yaml:15:27", "[10.0.0.0/8, 'fd00::/8']"),
    ("staging.network.upstreams.1", "platform.yaml:15:40", "'fd00::/8'"),
    ("staging.labels.example.com/team", "platform.yaml:9:31, defaults", "birthdays"),
    ("production.secrets.jwt", "platform.yaml:19:33", "vault/jwt"),
    ("production.secrets.jwt.vault", "not given", "-"), ("desk.env", "default", "{}"),
    ("environments.production.host", "platform.yaml:18:11", "api.example.com"),
    ("service.port", "default", "8080"), ("defaults.drain", "platform.yaml:3:10, defaults", "20s"),
  ])
  func anOriginIsTold(_ path: String, _ origin: String, _ value: String) throws {
    let found = try Self.explain(path)
    #expect(found.map(\.originText) == [origin])
    #expect(found.map(\.shown) == [value])
  }

  @Test func keysBetweenOthersMayBeLeftOut() throws {
    #expect(
      try Self.explain("staging.resources.memory").map(\.dottedPath) == [
        "staging.resources.requests.memory", "staging.resources.limits.memory",
      ])
  }

  @Test func aMappingIsAllThatIsBelowIt() throws {
    let keys = try Self.explain("staging.rollout").compactMap(\.path.last)
    #expect(keys == RolloutPolicy.fields.map(\.key))
    let all = try Self.explain("production").map { $0.path.dropFirst().first }
    #expect(Set(all) == Set(EnvironmentFields.fields.map(\.key)))
  }

  @Test(arguments: [
    ("prodction.host", "ops: error: platform.yaml has no environment 'prodction'"),
    ("staging.rollout.sok", "ops: error: staging.rollout has no 'sok'"),
    ("staging.drain.x", "ops: error: staging.drain has no 'x'"),
    ("staging.network.upstreams.2", "ops: error: staging.network.upstreams has no '2'"),
    (".", "ops: error: '.' names no value"),
  ])
  func whatIsNotKnownIsAnError(_ path: String, _ message: String) throws {
    let error = try #require(throws: (any Error).self) { try Self.explain(path) }
    let report = ErrorReport(error)
    let lines = report.lines(program: "ops", color: false, annotations: false)
    #expect(report.exitCode == .usage)
    #expect(lines[0] == message)
    #expect(lines.count > 1)
  }

  @Test func aMisspeltKeyGetsASuggestionAndTheKnownKeys() throws {
    let error = try #require(throws: UnknownKey.self) { try Self.explain("staging.rollout.sok") }
    #expect(
      error.findings[0].hints == [
        "did you mean 'staging.rollout.soak'?",
        "known here: probeRate, consecutive, minReady, soak, failedMax, grace, latencyFactor, "
          + "steps, backup, notify, pushgateway",
      ])
  }

  /// Words without a value would be told of a key for which a value counts.
  @Test func everyValueThatFollowsFromOthersIsKnown() throws {
    for field in EnvironmentFields.fields {
      guard case .told = field.absence else { continue }
      let found = try #require(try Self.explain("desk.\(field.key)").first)
      #expect(found.value != nil, "\(field.key)")
    }
  }

  @Test func theTableIsAligned() throws {
    let lines = Explanation.table(try Self.explain("service"))
    #expect(
      lines == [
        "name   slipway          platform.yaml:1:18", "image  example/slipway  platform.yaml:1:34",
        "port   8080             default",
      ])
  }

  @Test func jsonTellsTheSame() throws {
    let json = try #require(try Self.explain("staging.rollout.soak").first?.json)
    #expect(json["value"]?.text == "2m")
    #expect(json["origin"]?["kind"]?.text == "written")
    #expect(json["origin"]?["section"]?.text == "environments.staging")
    #expect(json["origin"]?["line"]?.number == 13)
    #expect(json["origin"]?["instead"]?["value"]?.text == "30s")
    #expect(try Self.explain("desk.tls").first?.json["value"] == .null)
  }

  @Test func theCommandReadsTheFileOfItsDirectory() throws {
    func run(_ path: String) -> TestProgram.Result {
      TestProgram.run(
        words: ["render", "--explain", path], tree: Ops.commands, directory: PlatformTests.root)
    }
    let value = run("production.host")
    #expect(value.code == .done)
    #expect(value.output.hasPrefix("production.host: api.example.com\n  written  platform.yaml:"))
    #expect(run("production").output.contains("\ntls.secret "))
  }
}
