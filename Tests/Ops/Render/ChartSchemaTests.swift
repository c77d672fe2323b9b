import JSON
import Testing
import YAML

@testable import Ops

/// What the schema of the chart's values takes once they are laid over the defaults, as Helm does.
struct ChartSchemaTests {
  private let validator = SchemaValidator(ChartSchema.document)
  private let defaults = ChartDefaults(repository: "example/slipway").node
  private static let digest = "sha256:" + String(repeating: "a", count: 64)

  private static let signer = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="

  private static func backup(_ more: String) -> String {
    "backup: { enabled: true, store: 's3://a/b', \(more) }"
  }

  private func accepts(_ text: String) throws -> Bool {
    let pinned: YAMLNode = ["image": ["digest": .string(Self.digest)]]
    let values = try YAMLReader.read(text)
    return try validator.accepts(defaults.overlaid(with: pinned).overlaid(with: values).json)
  }

  @Test func productionNeedsADigest() throws {
    #expect(try accepts("{}"))
    #expect(try !validator.accepts(defaults.json))
    #expect(try !accepts("image: { digest: '' }"))
    #expect(try accepts("{ environment: staging, image: { digest: '' } }"))
  }

  @Test(arguments: [
    "gateway: { enabled: true, name: public, host: a.example.com }",
    "database: { mode: cloudnative-pg, image: 'localhost:5000/a/postgresql:17.5' }",
    "database: { mode: bundled, parameters: { work_mem: 16MB, archive_mode: 'on' } }",
    "database: { mode: cloudnative-pg, poolerParameters: { server_idle_timeout: '120' } }",
    "migrations: { mode: hook }", "replicas: 1\ndatabase: { mode: sqlite }",
    "env: { A: '1', B: '' }",
    "secrets: { a: { existing: x, vault: '' } }", "resources: { limits: { cpu: '' } }",
    "pod: { tolerations: [{ key: a, effect: '' }] }",
    "pod: { tolerations: [{ key: a, operator: Exists, value: '' }, { key: a, value: b }] }",
    "fullnameOverride: ''", "image: { tag: latest }",
    "{ environment: staging, image: { digest: '', tag: latest-1 } }",
    "database: { mode: bundled, image: 'localhost:5000/postgres:17' }",
    "env: { TOKEN_FILE: /run/token, PASSWORD: '', HAS_TOKEN: 'true', TOKENS: x, URL: 'http://a' }",
    "env: { LOG_FORMAT: text, KEY: people, NOTE: 'Basic authentication needed' }",
    "database: { mode: bundled }\nsecrets: { database: { existing: x } }",
    "database: { pooler: transaction }\nsecrets: { migrations: { existing: x } }",
    "database: { pooler: transaction }\nmigrations: { mode: none }",
    "database: { mode: cloudnative-pg, pooler: transaction }",
    backup("signWith: signing, signedBy: [\(signer)]"), backup("signWith: '', signedBy: []"),
  ])
  func whatIsRightIsAccepted(_ text: String) throws { #expect(try accepts(text)) }

  @Test(arguments: [
    "{ environment: staging, image: { digest: '', tag: latest } }",
    "database: { mode: bundled, image: postgres }",
    "database: { mode: bundled, image: 'localhost:5000/postgres' }",
    "database: { mode: bundled, image: 'postgres:latest' }",
    "env: { DB_PASSWORD: hunter2 }", "env: { password: hunter2 }", "env: { API_KEY_PREVIOUS: x }",
    "env: { PASS_A: 'postgres://a:b@c/d' }", "env: { A: 'host=a password=b' }",
    "env: { A: '-----BEGIN KEY' }", "env: { A: eyJa.b.c }", "env: { A: ghp_aaaaaaaaaaaaaaaaaaaa }",
    "env: { A: hvs.aaaaaaaaaaaaaaaaaaaa }", "env: { PGPASSWORD: x }", "env: { PASSWORD1: x }",
    "env: { A: Bearer abcdefgh1 }", "env: { A_KEY: 0f3a0f3a0f3a0f3a0f3a0f3a0f3a0f3a }",
    "annotations: { a: 'token ghp_aaaaaaaaaaaaaaaaaaaa' }",
    "database: { mode: cloudnative-pg, parameters: { primary_conninfo: 'password=x' } }",
    "env: { AUTH: all }", "env: { APP_SETTINGS: testing }", "env: { REVISION_FILE: /a }",
    "env: { HTTP_PORT: '1' }", "env: { LOG_FORMAT_FILE: /a }",
    "gateway: { enabled: true, host: a.example.com }", "gateway: { enabled: true, name: public }",
    "ingress: { enabled: true }", "gateway: { enabled: true }",
    "database: { mode: cloudnative-pg, image: 'a/postgresql@\(digest)' }",
    "database: { mode: cloudnative-pg, image: 'a/postgresql:latest-17' }",
    "database: { mode: bundled, parameters: { port: '5433' } }",
    "database: { mode: cloudnative-pg, parameters: { archive_mode: 'on' } }",
    "database: { mode: cloudnative-pg, poolerParameters: { pool_mode: session } }",
    "database: { mode: bundled }\nmigrations: { mode: hook }",
    "gateway: { enabled: true, name: '' }", "env: { A: 1 }",
    "env: { A: ~ }", "env: { 1A: x }", "replicas: ~", "autoscale: ~", "replicas: '2'",
    "replicas: 1001", "imagePullPolicy: Always", "image: { pullpolicy: Always }", "auth: no",
    "resources: { limits: { memory: 64MB } }", "secrets: { a: hunter2 }", "secrets: { a: {} }",
    "secrets: { a: { existing: x, vault: y } }", "secrets: { a: { file: x } }",
    "pod: { tolerations: [{ effect: NoSchedule }] }", "pod: { tolerations: [{ kye: a }] }",
    "pod: { tolerations: [{ key: a, operator: Exists, value: b }] }",
    "database: { mode: sqlite }",
    "replicas: 1\ndatabase: { mode: sqlite }\nautoscale: { enabled: true }",
    "replicas: 1\ndatabase: { mode: sqlite }\nsecrets: { database: { existing: x } }",
    "replicas: 1\ndatabase: { mode: sqlite }\nsecrets: { migrations: { existing: x } }",
    "database: { mode: cloudnative-pg }\nsecrets: { database: { existing: x } }",
    "database: { mode: bundled }\nsecrets: { database: { vault: x } }",
    "database: { pooler: transaction }",
    "database: { pooler: transaction }\nsecrets: { jwt: { existing: x } }",
    backup("signWith: signing"), backup("signedBy: [\(signer)]"),
    backup("signWith: signing, signedBy: [age1a]"),
  ])
  func whatIsWrongIsRefused(_ text: String) throws { #expect(try !accepts(text)) }

  /// The values that the committed environments are rendered to.
  @Test func everyEnvironmentIsAccepted() throws {
    let platform = try PlatformTests.committed()
    let image = ImageReference(repository: platform.service.image, digest: Self.digest)
    for environment in platform.environments where environment.target != .local {
      let values = EnvironmentValues(
        service: platform.service, environment: environment, image: image
      ).node
      #expect(
        try validator.accepts(defaults.overlaid(with: values).json), "\(environment.name)")
    }
  }

  /// Every key misspelt, at every level: none of them is taken.
  @Test func noKeyMayBeMisspelt() throws {
    for path in Self.mappings(ChartValues.fields, at: []) {
      let misspelt = (path + ["replicsa"]).reversed().reduce(YAMLNode.integer(1)) { inner, key in
        .mapping([(key, inner)])
      }
      #expect(try !accepts(YAMLWriter.write(misspelt)), "\(path)")
    }
  }

  private static func mappings(_ fields: [FieldDescription], at path: [String]) -> [[String]] {
    [path]
      + fields.flatMap { field -> [[String]] in
        guard case .object(let inner) = field.schema else { return [] }
        return mappings(inner, at: path + [field.key])
      }
  }
}
