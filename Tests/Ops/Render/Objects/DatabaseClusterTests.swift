import Testing
import YAML

@testable import Ops

/// PostgreSQL as CloudNativePG runs it, and its pooler.
struct DatabaseClusterTests {
  private func release(_ database: String = "", _ more: String = "") throws -> ChartRelease {
    try TestRelease.of("database: { mode: cloudnative-pg\(database) }\n\(more)")
  }

  private func spec(_ kind: String, _ name: String, of release: ChartRelease) throws -> YAMLNode {
    try #require(release.object(kind, name)?.node["spec"])
  }

  @Test func theDatabaseAndItsOwnerAreMadeWithIt() throws {
    let cluster = try spec("Cluster", "slipway-database", of: release())
    #expect(cluster.at("bootstrap", "initdb", "database")?.text == ChartRelease.databaseOwner)
    #expect(cluster.at("bootstrap", "initdb", "owner")?.text == ChartRelease.databaseOwner)
    #expect(cluster["enableSuperuserAccess"] == false)
  }

  @Test func aCommitIsOnTwoServersWhereThereAreTwo() throws {
    let three = try spec("Cluster", "slipway-database", of: release())
    #expect(three.at("postgresql", "synchronous", "number") == 1)
    #expect(three.at("postgresql", "synchronous", "dataDurability")?.text == "preferred")
    let one = try spec("Cluster", "slipway-database", of: release(", instances: 1"))
    #expect(one.at("postgresql", "synchronous") == nil)
  }

  @Test func aServerWithoutReplicasDoesNotKeepItsNodeFromBeingDrained() throws {
    let one = try spec("Cluster", "slipway-database", of: release(", instances: 1"))
    #expect(one["enablePDB"] == false)
    #expect(one["primaryUpdateMethod"]?.text == "restart")
    let three = try spec("Cluster", "slipway-database", of: release())
    #expect(three["enablePDB"] == true)
    #expect(three["primaryUpdateMethod"]?.text == "switchover")
  }

  @Test func serversAreSpreadOverNodesAndZones() throws {
    let cluster = try spec("Cluster", "slipway-database", of: release())
    #expect(cluster.at("affinity", "topologyKey")?.text == "kubernetes.io/hostname")
    let zones = cluster["topologySpreadConstraints"]?.sequence?.first
    #expect(zones?["topologyKey"]?.text == "topology.kubernetes.io/zone")
    #expect(zones?["labelSelector"] == Objects.clusterPods(try release()))
  }

  @Test func theOperatorsImageIsUsedUnlessAnotherIsNamed() throws {
    #expect(try spec("Cluster", "slipway-database", of: release())["imageName"] == nil)
    let named = try spec(
      "Cluster", "slipway-database", of: release(", image: 'mirror/postgresql:17.2'"))
    #expect(named["imageName"]?.text == "mirror/postgresql:17.2")
  }

  @Test func theServiceAndTheOperatorAndTheServersReachTheServers() throws {
    let release = try release("", "network: { operatorsFrom: [databases] }")
    let rules = try spec("NetworkPolicy", "slipway-database", of: release)["ingress"]?.sequence
    let clients = rules?.first?["from"]?.sequence ?? []
    #expect(
      clients.compactMap { $0.at("podSelector", "matchLabels") } == [
        release.selector("app"), release.selector("migration"),
      ])
    let others = rules?.dropFirst().first?["from"]?.sequence ?? []
    #expect(others.first?["podSelector"] == Objects.clusterPods(release))
    let key = "kubernetes.io/metadata.name"
    #expect(others.last?.at("namespaceSelector", "matchLabels", key)?.text == "databases")
  }

  @Test func theServiceComesThroughThePoolerWhereThereIsOneAndMigrationsNever() throws {
    let release = try release(", pooler: transaction")
    let rules = try spec("NetworkPolicy", "slipway-database", of: release)["ingress"]?.sequence
    let peers = rules?.first?["from"]?.sequence ?? []
    #expect(
      peers.compactMap { $0.at("podSelector", "matchLabels") } == [
        Objects.poolerPods(release), release.selector("migration"),
      ])
    let pooler = try spec("NetworkPolicy", "slipway-database-pooler", of: release)
    let clients = pooler["ingress"]?.sequence?.first?["from"]?.sequence ?? []
    #expect(
      clients.compactMap { $0.at("podSelector", "matchLabels") } == [release.selector("app")])
  }

  @Test func noPortsOfTheAPIServerOpenNothingRatherThanEverything() throws {
    let release = try release(", pooler: session", "network: { apiServerPorts: [] }")
    for name in ["slipway-database", "slipway-database-pooler"] {
      let egress = try spec("NetworkPolicy", name, of: release)["egress"]?.sequence ?? []
      #expect(egress.allSatisfy { $0["to"]?.sequence?.isEmpty == false })
    }
  }

  @Test func metricsOfServersAreForThoseWhoReadMetrics() throws {
    func ports(_ more: String) throws -> [String] {
      let policy = try spec("NetworkPolicy", "slipway-database", of: release("", more))
      return (policy["ingress"]?.sequence ?? []).flatMap { $0["ports"]?.sequence ?? [] }
        .compactMap { $0["port"]?.text }
    }
    #expect(try !ports("").contains("9187"))
    #expect(try ports("monitoring: { enabled: true }").contains("9187"))
  }

  @Test func thePoolerPoolsAsSaidInFrontOfTheServerThatWrites() throws {
    for mode in ["session", "transaction"] {
      let pooler = try spec("Pooler", "slipway-database-pooler", of: release(", pooler: \(mode)"))
      #expect(pooler.at("pgbouncer", "poolMode")?.text == mode)
      #expect(pooler["type"]?.text == "rw")
      #expect(pooler.at("cluster", "name")?.text == "slipway-database")
    }
    #expect(try release().object("Pooler", "slipway-database-pooler") == nil)
  }

  @Test func thePoolerEndsTransactionsThatIdleWhereTheServiceCanNotSaySo() throws {
    func parameters(_ mode: String) throws -> [String: String] {
      let pooler = try spec("Pooler", "slipway-database-pooler", of: release(", pooler: \(mode)"))
      return pooler.at("pgbouncer", "parameters")?.texts ?? [:]
    }
    #expect(try parameters("transaction")["idle_transaction_timeout"] == "60")
    #expect(try parameters("session")["idle_transaction_timeout"] == nil)
  }

  @Test func settingsOfPeopleWinOverThoseThatAreReckoned() throws {
    let mine =
      ", pooler: transaction, poolerParameters: { default_pool_size: '40', tcp_keepidle: '9' }"
    let pooler = try spec("Pooler", "slipway-database-pooler", of: release(mine))
    let parameters = pooler.at("pgbouncer", "parameters")?.texts
    #expect(parameters?["default_pool_size"] == "40")
    #expect(parameters?["tcp_keepidle"] == "9")
    #expect(parameters?["max_client_conn"] == "1000")
  }

  @Test func snapshotsAreMadeAtTheirTimesOfAReplicaThatIsStopped() throws {
    let release = try release(", snapshots: { schedule: '17 2 * * 0', class: fast }")
    let backup = try spec("ScheduledBackup", "slipway-database", of: release)
    #expect(backup["schedule"]?.text == "0 17 2 * * 0")
    #expect(backup["method"]?.text == "volumeSnapshot")
    let cluster = try spec("Cluster", "slipway-database", of: release)
    #expect(cluster.at("backup", "volumeSnapshot") == ["className": "fast", "online": false])
    #expect(cluster.at("backup", "target")?.text == "prefer-standby")
  }

  @Test func theOnlyServerGoesOnWhileItsSnapshotIsMade() throws {
    let one = try release(", instances: 1, snapshots: { schedule: '*/30 * * * *' }")
    let cluster = try spec("Cluster", "slipway-database", of: one)
    #expect(cluster.at("backup", "volumeSnapshot") == ["online": true])
  }

  @Test func withoutAScheduleThereAreNoSnapshots() throws {
    let none = try release(", snapshots: { class: fast }")
    #expect(none.object("ScheduledBackup", "slipway-database") == nil)
    #expect(try spec("Cluster", "slipway-database", of: none)["backup"] == nil)
  }

  @Test(arguments: ["17 2 * *", "60 2 * * *", "0 24 * * *", "0 0 0 * *", "0 0 * * 7", "@daily"])
  func aScheduleThatTheOperatorWouldNotTakeIsRefused(_ schedule: String) {
    #expect(throws: PlatformError.self) {
      try release(", snapshots: { schedule: '\(schedule)' }")
    }
  }

  @Test func poolersDoNotStandOnOneNode() throws {
    let pooler = try spec("Pooler", "slipway-database-pooler", of: release(", pooler: session"))
    #expect(pooler["instances"] == 2)
    let terms = pooler.at("template", "spec", "affinity", "podAntiAffinity")
    #expect(terms?["preferredDuringSchedulingIgnoredDuringExecution"]?.sequence?.count == 1)
  }
}
