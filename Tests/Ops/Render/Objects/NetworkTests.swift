import Testing
import YAML

@testable import Ops

/// Who may connect to whom.
struct NetworkTests {
  @Test(arguments: [
    ("0.0.0.0/0", ["169.254.169.254/32"]), ("169.254.0.0/16", ["169.254.169.254/32"]),
    ("169.254.169.253/30", ["169.254.169.254/32"]), ("169.254.168.0/24", []),
    ("128.0.0.0/1", ["169.254.169.254/32"]), ("0.0.0.0/1", []), ("10.0.0.0/8", []),
    ("::/0", ["fd00:ec2::254/128"]), ("fd00::/8", ["fd00:ec2::254/128"]),
    ("FD00:EC2:0:0:0:0:0:256/127", []), ("fd00:ec2::255/126", ["fd00:ec2::254/128"]),
    ("2001:db8::/32", []), ("::/1", []),
  ])
  func metadataOfCloudsIsLeftOutWhereItWouldBeIn(_ block: String, _ except: [String]) {
    #expect(NetworkBlock(block)?.except == except)
  }

  @Test(arguments: ["169.254.169.254/32", "fd00:ec2::254/128", "fd00:0ec2:0::0:254/128"])
  func metadataAloneIsNoBlock(_ block: String) {
    #expect(NetworkBlock(block) == nil)
  }

  @Test func everybodyMayAskUnlessSomebodyIsNamed() throws {
    let open = try rules(TestRelease.of(), "ingress")
    #expect(open.first?["from"] == nil)
    let named = try rules(TestRelease.of("network: { clientsFrom: [ingress-nginx] }"), "ingress")
    let peers = named.first?["from"]?.sequence ?? []
    #expect(peers.count == 2)
    let key = "kubernetes.io/metadata.name"
    #expect(
      peers.first?.at("namespaceSelector", "matchLabels", key)?.text == "ingress-nginx")
    let test = try TestRelease.of().selector(Objects.test)
    #expect(peers.last?.at("podSelector", "matchLabels") == test)
  }

  @Test func metricsAreForThoseWhoAreNamed() throws {
    let none = try rules(TestRelease.of("network: { metricsFrom: [] }"), "ingress")
    #expect(!ports(none).contains("admin"))
    #expect(ports(try rules(TestRelease.of(), "ingress")).contains("admin"))
  }

  @Test func nothingNamedIsNowhereNotEverywhere() throws {
    let egress = try rules(
      TestRelease.of("network: { upstreams: [], databases: [169.254.169.254/32] }"), "egress")
    #expect(ports(egress) == ["53", "53"])
    #expect(egress.allSatisfy { $0["to"]?.sequence?.isEmpty == false })
  }

  @Test func thePortOfAnExternalDatabaseIsOpen() throws {
    let egress = try rules(TestRelease.of("database: { port: 6432 }"), "egress")
    #expect(ports(egress) == ["53", "53", "443", "6432"])
  }

  @Test(arguments: [
    ("", "6432"), ("secrets: { migrations: { existing: direct } }", "5432"),
    ("migrations: { port: 5433 }\nsecrets: { migrations: { existing: direct } }", "5433"),
  ])
  func migrationsReachTheServerPastAnotherPooler(_ values: String, _ port: String) throws {
    let database = "database: { port: 6432, pooler: session }\n"
    let release = try TestRelease.of(database + values)
    #expect(ports(try rules(release, "egress", of: "slipway-migrate")) == ["53", "53", port])
    #expect(ports(try rules(release, "egress")).last == "6432")
  }

  @Test func anotherAddressForMigrationsIsOnTheSamePortWhereThereIsNoPooler() throws {
    let values = "database: { port: 6000 }\nsecrets: { migrations: { existing: owner } }"
    let release = try TestRelease.of(values)
    #expect(ports(try rules(release, "egress", of: "slipway-migrate")) == ["53", "53", "6000"])
  }

  @Test(arguments: ["none", "session"])
  func aPoolerIsPutInAndTakenAwayUnderRunningPods(_ pooler: String) throws {
    let release = try TestRelease.of("database: { mode: cloudnative-pg, pooler: \(pooler) }")
    let servers: YAMLNode = ["podSelector": Objects.clusterPods(release)]
    let poolers = NetworkRule.pods(Objects.poolerPods(release))
    func peers(_ name: String) throws -> [YAMLNode] {
      try rules(release, "egress", of: name).last?["to"]?.sequence ?? []
    }
    #expect(try peers("slipway") == [servers, poolers])
    #expect(try peers("slipway-migrate") == [servers])
    let clients = try rules(release, "ingress", of: "slipway-database").first?["from"]?.sequence
    #expect(clients?.contains(NetworkRule.pods(release.selector(Objects.app))) == true)
    #expect(clients?.contains(poolers) == true)
  }

  @Test func nobodyReachesAMigration() throws {
    let policy = try #require(
      TestRelease.of().object("NetworkPolicy", "slipway-migrate")?.node["spec"])
    #expect(policy["policyTypes"] == ["Ingress", "Egress"])
    #expect(policy["ingress"] == nil)
  }

  @Test func vaultIsReachedWhereSomethingComesFromIt() throws {
    let values = "secrets: { jwt: { vault: kv/jwt } }\nvault: { namespace: keys }"
    let release = try TestRelease.of(values)
    #expect(ports(try rules(release, "egress")).last == "8200")
    #expect(!ports(try rules(release, "egress", of: "slipway-migrate")).contains("8200"))
    #expect(!ports(try rules(TestRelease.of(), "egress")).contains("8200"))
  }

  @Test func noPolicyIsMadeWhereNoneIsWanted() throws {
    for values in TestRelease.various {
      let release = try TestRelease.of(values + "\nnetwork: { enabled: false }")
      #expect(!Objects.all(of: release).contains { $0.kind == "NetworkPolicy" })
    }
  }

  private func rules(
    _ release: ChartRelease, _ direction: String, of name: String = "slipway"
  ) throws -> [YAMLNode] {
    let policy = try #require(release.object("NetworkPolicy", name))
    return policy.node.at("spec", direction)?.sequence ?? []
  }

  private func ports(_ rules: [YAMLNode]) -> [String] {
    rules.flatMap { $0["ports"]?.sequence ?? [] }.compactMap { $0["port"]?.text }
  }
}
