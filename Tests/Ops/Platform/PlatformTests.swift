import POSIX
import Testing

@testable import Ops

/// platform.yaml as typed values.
struct PlatformTests {
  /// The file at the root of this repository.
  static func committed() throws -> Platform { try Platform.load(committedPath) }

  static func committedText() throws -> String { try File.readText(committedPath) }

  private static var committedPath: String { root + "/platform.yaml" }

  /// The root of this repository.
  static var root: String {
    var root = #filePath
    for _ in 0..<4 { root = Path.parent(of: root) }
    return root
  }

  @Test func theCommittedFileHasFourEnvironments() throws {
    let platform = try Self.committed()
    #expect(platform.environments.map(\.name) == ["local", "development", "staging", "production"])
    #expect(platform.service.image == "ghcr.io/example/slipway")
  }

  @Test func theLocalEnvironmentHasItsDefaults() throws {
    let local = try Self.committed().environment("local")
    #expect(local.target == .local)
    #expect(local.url == "http://127.0.0.1:8080")
    #expect(local.replicas == 2)
    #expect(local.database.mode == .sqlite)
    #expect(local.rollout.soak == .seconds(2))
    #expect(local.rollout.minReady == .seconds(4))
    #expect(local.rollout.probeRate == 20)
    #expect(local.rollout.backup == .required)
    #expect(local.drain == .seconds(10))
    #expect(local.grace == .seconds(15))
    #expect(local.resources.limits.memory?.amount == 128 << 20)
    #expect(local.resources.requests.processor?.amount == 100)
  }

  @Test func productionHasWhatItsSectionSays() throws {
    let production = try Self.committed().environment("production")
    #expect(production.isProduction)
    #expect(production.url == "https://api.example.com")
    #expect(production.context == "production")
    #expect(production.autoscale?.max == 12)
    #expect(production.database.pooler == .transaction)
    #expect(production.database.storage.text == "50Gi")
    #expect(production.secrets == ["jwt": .external("vault/slipway/jwt")])
    #expect(production.rollout.backup == .provenWithin(.seconds(24 * 3600)))
    #expect(production.rollout.consecutive == 50)
    #expect(production.backup?.keep.weekly == 8)
    #expect(production.backup?.drill.every == .daily)
    #expect(production.grace == .seconds(23))
  }

  @Test func anUnknownEnvironmentNamesTheKnownOnes() throws {
    let platform = try Self.committed()
    let error = try #require(throws: UnknownEnvironment.self) {
      try platform.environment("prodction")
    }
    #expect(
      ErrorReport(error).lines(program: "ops", color: false, annotations: false) == [
        "ops: error: platform.yaml has no environment 'prodction'", "  did you mean 'production'?",
        "  known: local, development, staging, production",
      ])
    #expect(ErrorReport(error).exitCode == .usage)
  }

  @Test func everyValueKnowsWhereItIsWritten() throws {
    let platform = try Platform(
      Array(
        """
        service: { name: a, image: b }
        defaults:
          resources: { limits: { memory: 1Gi } }
          drain: 5s
        environments:
          x:
            target: local
            drain: 6s

        """.utf8))
    let memory = platform.origin(of: ["resources", "limits", "memory"], in: "x")
    #expect(memory == .init(file: "platform.yaml", line: 3, column: 34))
    #expect(platform.origin(of: ["drain"], in: "x")?.line == 8)
    #expect(platform.origin(of: ["replicas"], in: "x") == nil)
  }

  @Test func mappingsMergeListsAreReplacedAndNullRemoves() throws {
    let platform = try Platform(
      Array(
        """
        service: { name: a, image: b }
        defaults:
          target: helm
          context: c
          namespace: n
          env: { LEVEL: debug, WORKERS: 4, LEGACY: no }
          database: { mode: bundled, image: "postgres:15.20" }
          auth: all
          tls: { secret: t }
          backup:
            { schedule: "0 1 * * *", store: "s3://b/p", encryptTo: [age1a, age1b], drill: never }
        environments:
          x:
            env: { LEVEL: info, LEGACY: ~ }
            tls: ~
            backup: { encryptTo: [age1c] }

        """.utf8))
    let environment = try platform.environment("x")
    #expect(environment.variables == ["LEVEL": "info", "WORKERS": "4"])
    #expect(environment.tls == nil)
    #expect(environment.backup?.encryptTo == ["age1c"])
    #expect(environment.backup?.store == "s3://b/p")
  }

  @Test func everyKeyIsDocumented() {
    var stack = [
      ("service", Service.fields), ("environments", EnvironmentFields.fields),
    ]
    while let (path, fields) = stack.popLast() {
      for field in fields {
        #expect(field.help.hasSuffix("."), "\(path).\(field.key)")
        #expect(field.help.count > 10, "\(path).\(field.key)")
        if case .object(let inner) = field.schema { stack.append(("\(path).\(field.key)", inner)) }
      }
    }
  }

  @Test(
    arguments: [
      ("2", 2000), ("0.5", 500), ("0.25", 250), ("100m", 100), ("1.005", 1005), ("x", nil),
      ("-1", nil), ("1.", nil), ("1.0001", nil), ("m", nil), ("", nil),
    ] as [(String, Int?)])
  func processorsAreReadInThousandths(_ text: String, _ amount: Int?) {
    #expect(Quantity.processor(text)?.amount == amount)
  }

  @Test(
    arguments: [
      ("64Mi", 64 << 20), ("1Gi", 1 << 30), ("128M", 128_000_000), ("1000", 1000), ("1.5Gi", nil),
      ("64MB", nil), ("0", nil), ("Mi", nil), ("99999999999999Ti", nil),
    ] as [(String, Int?)])
  func memoryIsReadInBytes(_ text: String, _ amount: Int?) {
    #expect(Quantity.bytes(text)?.amount == amount)
  }
}
