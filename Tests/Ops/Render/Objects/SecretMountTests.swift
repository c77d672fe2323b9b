import Testing
import YAML

@testable import Ops

/// Secrets as files.
struct SecretMountTests {
  @Test(arguments: [
    ("jwt", "JWT_SECRET_FILE", "/run/secrets/slipway/jwt/secret"),
    ("database", "DATABASE_URL_FILE", "/run/secrets/slipway/database/url"),
    (
      "jwt-secret-previous", "JWT_SECRET_PREVIOUS_FILE",
      "/run/secrets/slipway/jwt-secret-previous/value"
    ),
  ])
  func aSecretIsAFileThatAVariableNames(
    _ name: String, _ variable: String, _ path: String
  ) throws {
    let release = try TestRelease.of("secrets: { \(name): { existing: some-secret } }")
    #expect(release.containerVariables[variable] == path)
    let source = try #require(volume(release).first { $0.at("secret", "name") == "some-secret" })
    let file = try #require(source.at("secret", "items")?.sequence?.first?["path"]?.text)
    #expect("\(SecretMount.folder)/\(file)" == path)
  }

  @Test(arguments: ["external: store/entry", "sops: secrets/jwt.yaml"])
  func aSecretThatOthersMakeHasTheNameOfTheRelease(_ reference: String) throws {
    let release = try TestRelease.of("secrets: { jwt: { \(reference) } }", name: "shop")
    #expect(volume(release).contains { $0.at("secret", "name") == "shop-slipway-jwt" })
  }

  @Test func filesAreForTheGroupOfThePodAlone() throws {
    let release = try TestRelease.of()
    let volumes = release.deployment.at("spec", "template", "spec", "volumes")?.sequence ?? []
    let secrets = volumes.first { $0["name"] == "secrets" }
    #expect(secrets?.at("projected", "defaultMode") == .integer(0o440))
    let mount = release.container["volumeMounts"]?.sequence?.first { $0["name"] == "secrets" }
    #expect(mount?["readOnly"] == true)
  }

  @Test func withoutADatabaseServerThereIsNothingToMount() throws {
    let release = try TestRelease.of("replicas: 1\ndatabase: { mode: sqlite }")
    #expect(release.mounts.isEmpty)
    #expect(release.containerVariables.keys.allSatisfy { !$0.hasSuffix("_FILE") })
  }

  @Test func theAddressOfAPoolerIsKnownAndItsPasswordIsAFile() throws {
    let release = try TestRelease.of("database: { mode: cloudnative-pg, pooler: transaction }")
    #expect(release.settings["POSTGRES_HOSTNAME"] == "slipway-database-pooler")
    #expect(release.settings["POSTGRES_USER"] == "slipway")
    #expect(
      release.containerVariables["POSTGRES_PASSWORD_FILE"]
        == "/run/secrets/slipway/database/password")
    #expect(release.containerVariables["DATABASE_URL_FILE"] == nil)
    #expect(
      release.migrationMount
        == SecretMount(
          name: "database", source: .secret("slipway-database-app"), key: "uri",
          variable: "DATABASE_URL"))
  }

  @Test func theAddressForMigrationsIsForThemAlone() throws {
    let release = try TestRelease.of(
      "secrets: { database: { existing: app-db }, migrations: { existing: owner-db } }")
    #expect(release.mounts.map(\.name) == ["database"])
    let job = try #require(release.object("Job", "slipway-migrate"))
    let names = job.node.all.compactMap { $0.at("secret", "name")?.text }
    #expect(names == ["owner-db"])
    #expect(job.node.all.contains("file:/run/secrets/slipway/migrations/url"))
  }

  @Test func anEntryOfAStoreHasTheKeysOfItsSecret() throws {
    let release = try TestRelease.of(
      """
      externalSecrets: { storeKind: SecretStore, refreshInterval: 5m }
      database: { mode: bundled }
      secrets: { database: { external: team/apps/slipway/db } }
      """)
    let spec = try #require(release.object("ExternalSecret", "slipway-database")).node["spec"]
    #expect(spec?["secretStoreRef"] == ["kind": "SecretStore", "name": "team"])
    #expect(spec?.at("target", "name") == "slipway-database")
    #expect(
      spec?["data"] == [
        [
          "secretKey": "password",
          "remoteRef": ["key": "apps/slipway/db", "property": "password"],
        ],
        ["secretKey": "url", "remoteRef": ["key": "apps/slipway/db", "property": "url"]],
      ])
  }

  @Test func vaultsAgentAloneHasAToken() throws {
    let release = try TestRelease.of(
      "secrets: { jwt: { vault: secret/data/slipway/jwt }, other: { vault: kv/other } }")
    let template = release.deployment.at("spec", "template")
    let annotations = template?.at("metadata", "annotations")?.texts ?? [:]
    let prefix = "vault.hashicorp.com/"
    #expect(annotations[prefix + "agent-inject"] == "true")
    #expect(annotations[prefix + "role"] == "slipway")
    #expect(annotations[prefix + "agent-inject-secret-jwt"] == "secret/data/slipway/jwt")
    #expect(
      annotations[prefix + "agent-inject-template-jwt"]
        == "{{- with secret \"secret/data/slipway/jwt\" -}}{{ .Data.data.secret }}{{- end -}}")
    #expect(
      annotations[prefix + "agent-inject-template-other"]?.contains("{{ .Data.value }}") == true)
    #expect(annotations[prefix + "agent-service-account-token-volume-name"] == "vault-token")
    #expect(release.containerVariables["JWT_SECRET_FILE"] == "/vault/secrets/jwt")
    let mounts = release.container["volumeMounts"]?.sequence ?? []
    #expect(!mounts.contains { $0["name"] == "vault-token" })
    let volumes = template?.at("spec", "volumes")?.sequence ?? []
    #expect(volumes.contains { $0["name"] == "vault-token" })
  }

  @Test func anAgentDoesNotKeepTheJobFromEnding() throws {
    let release = try TestRelease.of("secrets: { database: { vault: secret/data/db } }")
    let key = "vault.hashicorp.com/agent-pre-populate-only"
    let job = try #require(Objects.migrationJob(release)).node
    #expect(job.at("spec", "template", "metadata", "annotations", key)?.text == "true")
    #expect(release.deployment.at("spec", "template", "metadata", "annotations", key) == nil)
  }

  @Test(arguments: [
    (
      "replicas: 1\ndatabase: { mode: sqlite }\nsecrets: { database: { existing: a } }",
      "sqlite has no use"
    ),
    (
      "replicas: 1\ndatabase: { mode: sqlite }\nsecrets: { migrations: { existing: a } }",
      "sqlite has no use"
    ),
    (
      "database: { mode: cloudnative-pg }\nsecrets: { database: { existing: a } }",
      "cloudnative-pg has no use"
    ),
    ("database: { mode: bundled }\nsecrets: { database: { vault: a } }", "from a Secret"),
    ("secrets: { database: { external: no-store } }", "the name of a store"),
    ("secrets: { database: { vault: 'a\"}}' } }", "a path in Vault"),
    ("secrets: { Jwt: { existing: a } }", "a letter first"),
  ])
  func aSecretThatCouldNotBeIsRefused(_ values: String, _ words: String) throws {
    let error = try #require(throws: PlatformError.self) { try TestRelease.of(values) }
    #expect(error.findings.contains { $0.message.contains(words) }, "\(error.findings)")
  }

  private func volume(_ release: ChartRelease) -> [YAMLNode] {
    let volumes = release.deployment.at("spec", "template", "spec", "volumes")?.sequence ?? []
    return volumes.first { $0["name"] == "secrets" }?.at("projected", "sources")?.sequence ?? []
  }
}
