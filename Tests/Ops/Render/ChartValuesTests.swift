import Testing
import YAML

@testable import Ops

/// Values of the chart as people write them.
struct ChartValuesTests {
  @Test func allMistakesAreToldAtTheirPlaces() throws {
    let text = """
      image: { repository: ghcr.io/example/slipway }
      replicas: many
      autoscale: { enabled: yes }
      resources:
        limits: { memory: 128 }
      databse: {}
      """
    let error = try #require(throws: PlatformError.self) {
      try ChartValues(Array(text.utf8), file: "my.yaml")
    }
    let places = error.findings.compactMap(\.place).map { "\($0.file):\($0.line):\($0.column)" }
    #expect(places == ["my.yaml:2:11", "my.yaml:3:23", "my.yaml:5:21", "my.yaml:6:1"])
  }

  @Test func anEmptyTextTakesADefaultBack() throws {
    let empty = try TestRelease.of(
      "nameOverride: \"\"\nresources: { limits: { cpu: \"\" } }\nserviceAccount: { name: \"\" }")
    #expect(Objects.all(of: empty) == Objects.all(of: try TestRelease.of()))
  }

  @Test func anEmptyVariableIsAVariable() throws {
    #expect(try TestRelease.of("env: { A: \"\" }").settings["A"]?.isEmpty == true)
  }

  @Test func aCharacterThatNoManifestMayHoldIsRefused() {
    for text in [#"env: { A: "\x07" }"#, #"pod: { annotations: { a: "\x7f" } }"#] {
      #expect(throws: PlatformError.self) { try TestRelease.of(text) }
    }
  }

  @Test(arguments: [
    "database-url", "database-app", "http-port", "jwt-secret", "postgres-password", "auth",
  ])
  func aSecretCannotHaveTheNameOfWhatIsSetAlready(_ name: String) throws {
    #expect(throws: PlatformError.self) {
      try TestRelease.of("secrets: { \(name): { existing: a } }")
    }
  }

  @Test(arguments: ["jwt", "api-key", "http", "databases"])
  func aSecretCanHaveAnyOtherName(_ name: String) throws {
    _ = try TestRelease.of("secrets: { \(name): { existing: a } }")
  }

  @Test func clientsAndMetricsHavePortsOfTheirOwn() throws {
    let error = try #require(throws: PlatformError.self) {
      try ChartValues(Array("image: { repository: a/b }\nports: { http: 9090 }".utf8), file: "x")
    }
    #expect(error.findings.compactMap(\.place).map { "\($0.line):\($0.column)" } == ["2:16"])
  }

  @Test func aDeadlineIsLaterThanAPodCounts() throws {
    #expect(throws: PlatformError.self) {
      try TestRelease.of("rollout: { minReadySeconds: 300 }")
    }
    _ = try TestRelease.of("rollout: { minReadySeconds: 300, progressDeadlineSeconds: 301 }")
  }

  /// What neither form can run; _rules.tpl and _rules_database.tpl refuse the same.
  @Test(arguments: [
    "secrets: { a: { existing: x }, b: { existing: x } }",
    "secrets: { database: { existing: x }, migrations: { existing: x } }",
    "database: { mode: cloudnative-pg, image: 'a/b@\(TestRelease.digest)' }",
    "database: { mode: sqlite }",
    "replicas: 1\nautoscale: { enabled: true }\ndatabase: { mode: sqlite }",
    "database: { mode: bundled, parameters: { port: \"5433\" } }",
    "database: { mode: cloudnative-pg, parameters: { restore_command: a } }",
    "database: { mode: bundled, parameters: { shared_buffers: 513MB } }",
    "database: { mode: bundled, parameters: { shared_buffers: \"65537\" } }",
    "database: { mode: bundled }\nmigrations: { mode: hook }", "ingress: { enabled: true }",
    "gateway: { enabled: true, name: a }", "resources: { requests: { memory: 129Mi } }",
    "resources: { limits: { cpu: 99m } }", "database: { resources: { limits: { memory: 1Mi } } }",
  ])
  func whatCannotRunIsRefused(_ text: String) {
    #expect(throws: PlatformError.self) { try TestRelease.of(text) }
  }

  @Test(arguments: [
    "secrets: { jwt: { existing: x }, b: { existing: x }, database: { existing: x } }",
    "database: { mode: bundled, image: 'a/b@\(TestRelease.digest)' }",
    "database: { mode: bundled, parameters: { shared_buffers: 512MB } }",
    "database: { mode: bundled, parameters: { shared_buffers: \"65536\" } }",
    "resources: { requests: { memory: 128Mi }, limits: { cpu: \"0.1\" } }",
  ])
  func whatJustFitsIsTaken(_ text: String) throws { _ = try TestRelease.of(text) }

  @Test func noTextOfAnObjectHoldsASecret() throws {
    for place in [
      "annotations", "service: { annotations", "pod: { annotations", "database: { parameters",
    ] {
      let end = place.contains("{") ? " }" : ""
      #expect(throws: PlatformError.self) {
        try TestRelease.of("\(place): { a: 'host=b password=c' }\(end)")
      }
    }
  }

  @Test func anImageThatIsGivenReplacesTheOneInTheFile() throws {
    let text = "image: { repository: a/b, tag: old, digest: \"\", pullPolicy: Never }"
    let release = try TestRelease.of(text, image: ImageReference(repository: "c/d", tag: "new"))
    #expect(release.image == "c/d:new")
    #expect(release.values.image.pullPolicy == .never)
  }

  @Test func aGatewayOfTheDefaultsIsForEnvironmentsWithAHost() throws {
    let text = """
      service: { name: a, image: b/c }
      defaults: { target: helm, context: c, auth: off, database: bundled, gateway: { name: g } }
      environments:
        x: { namespace: x }
        y: { namespace: y, host: y.example.com }

      """
    let platform = try Platform(Array(text.utf8))
    let isServed = try ["x", "y"].map { name in
      try ChartRelease(
        platform.environment(name), of: platform.service, image: TestRelease.image, manager: .helm
      ).values.gateway.enabled
    }
    #expect(isServed == [false, true])
  }

  @Test func howSecretsAreFetchedComesFromTheEnvironment() throws {
    let text = """
      service: { name: a, image: b/c }
      environments:
        x:
          target: helm
          context: c
          namespace: n
          auth: off
          database: bundled
          secrets: { one: { external: s/e }, two: { vault: kv/two } }
          externalSecrets: { storeKind: SecretStore, refreshInterval: 5m }
          vault: { role: shop, namespace: safe }

      """
    let platform = try Platform(Array(text.utf8))
    let release = try ChartRelease(
      platform.environment("x"), of: platform.service, image: TestRelease.image, manager: .helm)
    #expect(release.values.externalSecrets.storeKind == .namespaced)
    #expect(release.values.externalSecrets.refreshInterval == "5m")
    #expect(release.values.vault.role == "shop")
    #expect(release.values.vault.namespace == "safe")
  }

  @Test(arguments: ["development", "staging", "production"])
  func everyEnvironmentOfAClusterMakesValuesThatCanBeRead(_ name: String) throws {
    let platform = try PlatformTests.committed()
    let release = try ChartRelease(
      platform.environment(name), of: platform.service, image: TestRelease.image,
      manager: .kustomize)
    #expect(release.fullName == platform.service.name)
    #expect(release.values.environment.rawValue == name)
    #expect(release.values.shutdown.neededSeconds == release.values.shutdown.graceSeconds)
  }
}
