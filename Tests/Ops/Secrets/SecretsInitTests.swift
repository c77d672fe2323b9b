import POSIX
import Subprocess
import TestSupport
import Testing
import YAML

@testable import Ops

/// Secrets in a cluster, made once.
struct SecretsInitTests {
  private static let bundled = """
      staging:
        database: bundled
        secrets: { jwt: { existing: shop-keys }, mail: { existing: shop-mail } }
    """

  @Test func whatIsRandomIsMadeInTheCluster() throws {
    let site = try SecretsSite(environments: "  staging: { database: bundled }")
    let result = try site.run("--env", "staging")
    #expect(result.exit == .code(0), "\(result.errorText)")
    #expect(result.outputText == "made       secret/slipway-database: password, url\n")
    let node = try YAMLReader.read(site.record("manifest-slipway-database"))
    #expect(node.value(at: ["metadata", "namespace"]) == "shop")
    let password = try #require(node.value(at: ["stringData", "password"])?.scalar?.text)
    #expect(password.count == SecretPlan.passwordCharacters)
    #expect(
      node.value(at: ["stringData", "url"])?.scalar?.text
        == "postgres://slipway:\(password)@slipway-database:5432/slipway")
    #expect(
      site.record("kubectl.arguments").hasSuffix(
        """
        --context
        cluster
        --namespace
        shop
        create
        --filename
        -
        --output
        name


        """))
  }

  @Test func aValueIsNowhereButInTheInputOfKubectl() throws {
    let site = try SecretsSite(environments: Self.bundled)
    let result = try site.run("--env", "staging")
    let secrets = try ["slipway-database", "shop-keys"].flatMap { name in
      try YAMLReader.read(site.record("manifest-\(name)"))["stringData"]?.mapping ?? []
    }.compactMap { $0.value.scalar?.text }
    #expect(secrets.count == 3)
    let seen = result.outputText + result.errorText + site.record("kubectl.arguments")
    for secret in secrets { #expect(!seen.contains(secret)) }
    #expect(try File.list(site.project.path) == ["platform.yaml"])
  }

  @Test func whatIsThereStaysAsItIs() throws {
    let site = try SecretsSite(environments: Self.bundled)
    _ = try site.run("--env", "staging")
    let before = site.record("manifest-slipway-database")
    let result = try site.run("--env", "staging")
    #expect(
      result.outputText == """
        kept       secret/shop-keys: it was there
        missing    secret/shop-mail: only you know value
        kept       secret/slipway-database: it was there

        """)
    #expect(result.exit == .code(ExitCode.failure.rawValue))
    #expect(
      result.errorText == """
        1 secret left to see to, in shop
          kubectl --context cluster --namespace shop create secret generic shop-mail \
        --from-file=value=FILE

        """)
    #expect(site.record("manifest-slipway-database") == before)
  }

  @Test func whoeverWasFasterWins() throws {
    let site = try SecretsSite(environments: "  staging: { database: bundled }")
    try File.write([], to: site.records.file("race"))
    let result = try site.run("--env", "staging")
    #expect(result.outputText == "kept       secret/slipway-database: it was there\n")
    #expect(result.exit == .code(0))
  }

  @Test func aSecretThatLacksAKeyIsToldAndNotTouched() throws {
    let site = try SecretsSite(environments: "  staging: { database: bundled }")
    try File.write(Array("url\n".utf8), to: site.records.file("keys-slipway-database"))
    let result = try site.run("--env", "staging")
    #expect(result.outputText == "lacking    secret/slipway-database: it has no password\n")
    #expect(result.exit == .code(ExitCode.failure.rawValue))
    #expect(!site.record("kubectl.arguments").contains("create"))
  }

  @Test func oneSecretMayHaveTheKeysOfSeveral() throws {
    let site = try SecretsSite(
      environments: """
          staging:
            database: bundled
            secrets: { jwt: { existing: all }, database: { existing: all } }
        """)
    let result = try site.run("--env", "staging")
    #expect(result.outputText == "made       secret/all: password, url, secret\n")
    #expect(try site.run("--env", "staging").outputText == "kept       secret/all: it was there\n")
  }

  @Test func whatOthersKeepIsListed() throws {
    let site = try SecretsSite(
      environments: """
          staging:
            database: cloudnative-pg
            secrets: { jwt: { external: vault/jwt }, partner: { vault: secret/data/p } }
        """)
    let result = try site.run("--env", "staging")
    #expect(
      result.outputText == """
        elsewhere  secret/slipway-database-app: comes from the database's operator
        elsewhere  secret/slipway-jwt: comes from External Secrets, entry vault/jwt
        elsewhere  partner: comes from Vault, path secret/data/p

        """)
    #expect(site.record("kubectl.arguments").isEmpty)
  }

  @Test func aDryRunAsksNobody() throws {
    let site = try SecretsSite(environments: Self.bundled)
    let result = try site.run("--env", "staging", "--dry-run")
    #expect(
      result.outputText == """
        to make    secret/shop-keys: secret (unless it is there)
        yours      secret/shop-mail: only you know value
        to make    secret/slipway-database: password, url (unless it is there)

        """)
    #expect(result.exit == .code(0))
    #expect(try File.list(site.records.path).isEmpty)
  }

  @Test func aClusterThatRefusesIsQuotedWithoutTheValues() throws {
    let site = try SecretsSite(environments: "  staging: { database: bundled }")
    try File.write([], to: site.records.file("broken"))
    let result = try site.run("--env", "staging")
    #expect(result.exit == .code(ExitCode.unreachable.rawValue))
    #expect(result.errorText.hasPrefix("ops: error: cluster: Error from server: cannot take"))
    let given = try YAMLReader.read(site.record("given"))
    let password = try #require(given.value(at: ["stringData", "password"])?.scalar?.text)
    #expect(!result.errorText.contains(password))
    #expect(result.errorText.contains("[redacted]"))
  }

  @Test func aMissingNamespaceIsToldWithWhatMakesIt() throws {
    let site = try SecretsSite(environments: "  staging: { database: bundled }")
    try site.program(
      "kubectl",
      """
      #!/bin/sh
      case $5 in create)
        echo 'Error from server (NotFound): namespaces "shop" not found' >&2
        exit 1 ;;
      esac

      """)
    let result = try site.run("--env", "staging")
    #expect(
      result.errorText == """
        ops: error: cluster has no namespace shop
          kubectl --context cluster apply -f kustomize/overlays/staging/namespace.yaml

        """)
  }

  @Test func anEnvironmentOnThisMachineNeedsNone() throws {
    let site = try SecretsSite(
      environments: "  desk: { target: local, context: ~, namespace: ~, auth: ~ }")
    let result = try site.run("--env", "desk")
    #expect(result.outputText == "desk is on this machine and needs none\n")
    #expect(try site.run("--env", "dsk").exit == .code(ExitCode.usage.rawValue))
  }
}
