import Testing
import YAML

@testable import Ops

/// One PostgreSQL beside the service.
struct BundledDatabaseTests {
  @Test(arguments: [("1Gi", "256MB"), ("10Mi", "32MB"), ("4095Mi", "1023MB"), ("4Gi", nil)])
  func theLogLeavesRoomOnASmallVolume(_ storage: String, _ size: String?) throws {
    let release = try TestRelease.of("database: { mode: bundled, storage: \(storage) }")
    let parameters = Objects.postgresParameters(release)
    #expect(parameters.first { $0.key == "max_wal_size" }?.value == size)
  }

  private static let bundled = "database: { mode: bundled }\n"

  private func set(_ more: String = "") throws -> YAMLNode {
    let release = try TestRelease.of(Self.bundled + more)
    return try #require(release.object("StatefulSet", "slipway-database")?.node)
  }

  private func postgres(_ more: String = "") throws -> YAMLNode {
    let containers = try set(more).at("spec", "template", "spec", "containers")?.sequence
    return try #require(containers?.first)
  }

  @Test func itsObjectsAreThereForThisModeAlone() throws {
    let kinds = Objects.databaseObjects(try TestRelease.of(Self.bundled)).compactMap { $0?.kind }
    #expect(kinds == ["ServiceAccount", "NetworkPolicy", "Service", "Service", "StatefulSet"])
    #expect(Objects.databaseObjects(try TestRelease.of()).isEmpty)
    #expect(
      Objects.databaseObjects(try TestRelease.of("replicas: 1\ndatabase: { mode: sqlite }")).isEmpty
    )
  }

  @Test func itsImageIsPinned() throws {
    let image = try #require(try postgres()["image"]?.text)
    #expect(ImageReference(image)?.digest != nil)
    #expect(ImageReference(image)?.repository == "postgres")
    let other = try TestRelease.of("database: { mode: bundled, image: 'mirror/postgres:16' }")
    let set = try #require(other.object("StatefulSet", "slipway-database")?.node)
    #expect(
      set.at("spec", "template", "spec", "containers")?.sequence?.first?["image"]?.text
        == "mirror/postgres:16")
  }

  @Test func aReleaseOfTheServiceDoesNotRestartIt() throws {
    let digest = "sha256:" + String(repeating: "cd", count: 32)
    let other = ImageReference(repository: "ghcr.io/example/slipway", digest: digest)
    let next = try TestRelease.of(Self.bundled, image: other)
    #expect(
      next.object("StatefulSet", "slipway-database")?.node.at("spec", "template")
        == (try set().at("spec", "template")))
  }

  @Test func whatCanNotBeChangedHoldsNoLabelsOfPeople() throws {
    let plain = try set()
    let labelled = try set("labels: { team: shop }\n")
    for path in [["spec", "volumeClaimTemplates"], ["spec", "selector"]] {
      #expect(plain.value(at: path) == labelled.value(at: path))
    }
    #expect(labelled.at("spec", "template", "metadata", "labels", "team")?.text == "shop")
  }

  @Test func thePasswordIsAFileOfTheSecretWithTheAddress() throws {
    let variables = try #require(try postgres()["env"]?.sequence)
    #expect(!variables.contains { $0["name"]?.text == "POSTGRES_PASSWORD" })
    let file = variables.first { $0["name"]?.text == "POSTGRES_PASSWORD_FILE" }
    #expect(file?["value"]?.text == "/run/secrets/postgres/password")
    func secret(_ more: String) throws -> String? {
      let volumes = try set(more).at("spec", "template", "spec", "volumes")?.sequence
      let volume = volumes?.first { $0["name"]?.text == "password" }
      return volume?.at("secret", "secretName")?.text
    }
    #expect(try secret("") == "slipway-database")
    #expect(try secret("secrets: { database: { existing: mine } }") == "mine")
    #expect(try secret("secrets: { database: { external: store/db } }") == "slipway-database")
    #expect(try secret("secrets: { database: { sops: db.yaml } }") == "slipway-database")
  }

  @Test func nobodyComesInWithoutThePasswordNotEvenFromThePodItself() throws {
    let variables = try #require(try postgres()["env"]?.sequence)
    let arguments = variables.first { $0["name"]?.text == "POSTGRES_INITDB_ARGS" }?["value"]?.text
    #expect(arguments?.contains("--auth=scram-sha-256") == true)
  }

  @Test func itsDataIsAFolderOfTheVolume() throws {
    let container = try postgres()
    let data = container["env"]?.sequence?.first { $0["name"]?.text == "PGDATA" }?["value"]?.text
    let mount = container["volumeMounts"]?.sequence?.first { $0["name"]?.text == "data" }
    let path = try #require(mount?["mountPath"]?.text)
    #expect(data?.hasPrefix(path + "/") == true)
  }

  @Test func itIsAskedByTCPSoThatItsFirstStartDoesNotCount() throws {
    let container = try postgres()
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
      let command = (container.at(probe, "exec", "command")?.sequence ?? []).compactMap(\.text)
      #expect(command.first == "pg_isready")
      #expect(command.contains("--host=127.0.0.1"))
    }
  }

  @Test func settingsArePassedAsArguments() throws {
    let release = try TestRelease.of(
      "database: { mode: bundled, parameters: { work_mem: 8MB, max_connections: '70' } }")
    let set = try #require(release.object("StatefulSet", "slipway-database")?.node)
    let container = set.at("spec", "template", "spec", "containers")?.sequence?.first
    let arguments = (container?["args"]?.sequence ?? []).compactMap(\.text)
    #expect(
      arguments == ["-c", "max_connections=70", "-c", "max_wal_size=256MB", "-c", "work_mem=8MB"])
  }

  @Test func itsMemoryIsLimitedByWhatItAsksForUnlessSaidOtherwise() throws {
    let resources = try #require(try postgres()["resources"])
    #expect(resources.at("limits", "memory") == resources.at("requests", "memory"))
    let release = try TestRelease.of(
      "database: { mode: bundled, resources: { limits: { memory: 2Gi, cpu: '2' } } }")
    let limits = Objects.databaseResources(release)["limits"]
    #expect(limits == ["cpu": "2", "memory": "2Gi"])
  }

  @Test func theServiceAndItsMigrationsAreTheOnlyOnesLetIn() throws {
    let release = try TestRelease.of(Self.bundled)
    let policy = try #require(release.object("NetworkPolicy", "slipway-database")?.node["spec"])
    let peers = policy["ingress"]?.sequence?.first?["from"]?.sequence ?? []
    let labels = peers.compactMap { $0.at("podSelector", "matchLabels") }
    #expect(labels == [release.selector("app"), release.selector("migration")])
    #expect(policy["egress"] == nil)
    #expect(policy["policyTypes"] == ["Ingress", "Egress"])
  }

  @Test func itsVolumeIsOfTheWantedClassAndSizeAndStays() throws {
    let release = try TestRelease.of(
      "database: { mode: bundled, storage: 5Gi, storageClass: fast }")
    let spec = try #require(release.object("StatefulSet", "slipway-database")?.node["spec"])
    let claim = spec["volumeClaimTemplates"]?.sequence?.first?["spec"]
    #expect(claim?["storageClassName"]?.text == "fast")
    #expect(claim?.at("resources", "requests", "storage")?.text == "5Gi")
    #expect(spec.at("persistentVolumeClaimRetentionPolicy", "whenDeleted")?.text == "Retain")
  }

  @Test func aPasswordFromVaultIsRefusedAsNoSecretWouldHoldIt() {
    #expect(throws: PlatformError.self) {
      try TestRelease.of(Self.bundled + "secrets: { database: { vault: kv/database } }")
    }
  }
}
