import Testing
import YAML

@testable import Ops

/// Backups and drills by CronJobs.
struct BackupObjectTests {
  private static let on = "enabled: true, store: s3://b/p"

  private static func release(
    _ backup: String = on, _ more: String = "", manager: ChartRelease.Manager = .helm
  ) throws -> ChartRelease {
    try TestRelease.of("backup: { \(backup) }\n\(more)", manager: manager)
  }

  private static func pod(_ task: BackupTask, _ release: ChartRelease) -> YAMLNode? {
    release.object("CronJob", release.backupName(task))?.node
      .at("spec", "jobTemplate", "spec", "template", "spec")
  }

  private static func arguments(_ task: BackupTask, _ release: ChartRelease) -> [String] {
    let container = pod(task, release)?["containers"]?.sequence?.first
    return (container?["args"]?.sequence ?? []).compactMap(\.text)
  }

  private static func egress(_ task: BackupTask, _ release: ChartRelease) -> [YAMLNode] {
    release.object("NetworkPolicy", release.backupName(task))?.node.at("spec", "egress")?.sequence
      ?? []
  }

  @Test func thereIsNothingUnlessItIsWanted() throws {
    let kinds = Objects.all(of: try TestRelease.of()).map(\.kind)
    #expect(!kinds.contains("CronJob"))
    let noDrill = try Self.release(Self.on + ", drill: { enabled: false }")
    #expect(noDrill.object("CronJob", "slipway-backup") != nil)
    #expect(noDrill.object("CronJob", "slipway-drill") == nil)
    #expect(noDrill.object("ServiceAccount", "slipway-drill") == nil)
  }

  @Test func aRunReadsTheDatabaseItselfAndNeverAPooler() throws {
    let release = try Self.release(
      Self.on, "database: { mode: cloudnative-pg, pooler: transaction }")
    let path = "/run/secrets/slipway/database/uri"
    #expect(
      Self.arguments(.backup, release) == [
        "backup", "run", "--database", "file:\(path)", "--store", "s3://b/p", "--name", "slipway",
      ])
    let pooled = release.object("NetworkPolicy", "slipway-database")?.node.at("spec", "ingress")
    let peers = pooled?.sequence?.first?["from"]?.sequence ?? []
    #expect(peers.contains(NetworkRule.pods(release.selector("backup"))))
    #expect(!peers.contains(NetworkRule.pods(release.selector("drill"))))
  }

  @Test func aDrillHasNoBusinessInTheDatabaseAndAloneHasTheKey() throws {
    let release = try Self.release(
      Self.on + ", encryptTo: [age1x], drill: { identity: key }", "database: { mode: bundled }")
    #expect(
      Self.arguments(.drill, release) == [
        "backup", "drill", "--store", "s3://b/p", "--name", "slipway", "--identity",
        "file:/run/secrets/backup/identity",
      ])
    func volumes(_ task: BackupTask) -> [String?] {
      (Self.pod(task, release)?["volumes"]?.sequence ?? []).map { $0["name"]?.text }
    }
    #expect(volumes(.drill) == ["tmp", "identity"])
    #expect(volumes(.backup) == ["tmp", "secrets"])
    let database = NetworkRule.pods(release.selector(Objects.database))
    func reaches(_ task: BackupTask) -> Bool {
      Self.egress(task, release).contains { $0["to"]?.sequence?.contains(database) == true }
    }
    #expect(reaches(.backup))
    #expect(!reaches(.drill))
  }

  @Test func onlyWhoAsksForItReachesTheMetadataOfTheCloud() throws {
    let rule = NetworkRule.metadata
    #expect(!Self.egress(.backup, try Self.release()).contains(rule))
    let asking = try Self.release(Self.on + ", metadata: true")
    #expect(Self.egress(.backup, asking).contains(rule))
    #expect(Self.egress(.drill, asking).contains(rule))
    let service = asking.object("NetworkPolicy", "slipway")?.node.at("spec", "egress")
    #expect(service?.sequence?.contains(rule) == false)
  }

  @Test func noRunBeginsBesideAnotherOrLate() throws {
    for task in BackupTask.allCases {
      let release = try Self.release()
      let spec = release.object("CronJob", release.backupName(task))?.node["spec"]
      #expect(spec?["concurrencyPolicy"]?.text == "Forbid")
      #expect(spec?["timeZone"]?.text == "Etc/UTC")
      #expect(spec?["startingDeadlineSeconds"] == .integer(3600))
      let job = spec?.at("jobTemplate", "spec")
      #expect(job?["activeDeadlineSeconds"] == .integer(21_600))
      // A CronJob removes its Jobs by its history.
      #expect(job?["ttlSecondsAfterFinished"] == nil)
    }
  }

  @Test(arguments: [
    ("http://pushgateway.monitoring:9091", 9091), ("https://push.example.com", 443),
    ("http://push.example.com", 80),
  ])
  func metricsGoToThePushgatewayOnItsPort(_ address: String, _ port: Int) throws {
    let release = try Self.release(Self.on + ", pushgateway: \"\(address)\"")
    for task in BackupTask.allCases {
      #expect(Self.arguments(task, release).suffix(2) == ["--pushgateway", address])
      let ports = Self.egress(task, release).flatMap { $0["ports"]?.sequence ?? [] }
      #expect(ports.contains(["protocol": "TCP", "port": .integer(port)]))
    }
  }

  @Test func anEnvironmentSaysHowOftenItsScheduleInPlainNumbers() throws {
    let platform = try Platform(
      Array(
        """
        service: { name: slipway, image: ghcr.io/example/slipway, port: 8080 }
        environments:
          staging:
            target: kustomize
            context: a
            namespace: b
            database: { mode: bundled, image: "postgres:15.20" }
            backup: { schedule: " 07  2,014 * * 1-5", store: "s3://b/p", keep: {}, drill: monthly }
        """.utf8), file: "platform.yaml")
    let release = try ChartRelease(
      platform.environment("staging"), of: platform.service,
      image: ImageReference(repository: "a/b", tag: "1"), manager: .kustomize)
    #expect(release.values.backup.schedule == "7 2,14 * * 1-5")
    #expect(release.values.backup.drill.schedule == "23 5 1 * *")
    #expect(release.values.backup.name == "staging")
  }
}
