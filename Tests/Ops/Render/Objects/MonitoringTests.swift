import Testing
import YAML

@testable import Ops

/// What Prometheus reads, and what Prometheus and Grafana make of it.
struct MonitoringTests {
  private static let values = "monitoring: { enabled: true, labels: { release: prom } }\n"

  private func release(_ more: String = "", namespace: String? = "shop") throws -> ChartRelease {
    try TestRelease.of(Self.values + more, namespace: namespace)
  }

  private func groups(_ release: ChartRelease) throws -> [YAMLNode] {
    let rule = try #require(release.object("PrometheusRule", "slipway")?.node)
    return try #require(rule.at("spec", "groups")?.sequence)
  }

  @Test func thereIsNothingUnlessItIsWanted() throws {
    #expect(Objects.monitoringObjects(try TestRelease.of()).isEmpty)
  }

  @Test func prometheusFindsWhatIsMeantForIt() throws {
    let release = try release("database: { mode: cloudnative-pg, pooler: session }")
    let kinds = ["ServiceMonitor", "PodMonitor", "PodMonitor", "PrometheusRule"]
    let found = Objects.monitoringObjects(release).filter {
      $0.node.at("metadata", "labels", "release")?.text == "prom"
    }
    #expect(found.map(\.kind) == kinds)
  }

  @Test func theMetricsAreReadAtAPortThatTheServiceDoesNotLeadTo() throws {
    let release = try release()
    let monitor = try #require(release.object("ServiceMonitor", "slipway")?.node["spec"])
    #expect(monitor.at("selector", "matchLabels") == release.selector("app"))
    let endpoint = monitor["endpoints"]?.sequence?.first
    #expect(endpoint?["targetPort"]?.text == "admin")
    #expect(endpoint?["path"]?.text == "/metrics")
    let ports = release.object("Service", "slipway")?.node.at("spec", "ports")?.sequence ?? []
    #expect(ports.compactMap { $0["name"]?.text } == ["http"])
    let names = (release.container["ports"]?.sequence ?? []).compactMap { $0["name"]?.text }
    #expect(names.contains("admin"))
  }

  @Test func serversAndPoolersOfADatabaseAreReadByTheirPods() throws {
    #expect(try release().object("PodMonitor", "slipway-database") == nil)
    let release = try release("database: { mode: cloudnative-pg }")
    let servers = try #require(release.object("PodMonitor", "slipway-database"))
    #expect(servers.node.at("spec", "selector") == Objects.clusterPods(release))
    #expect(release.object("PodMonitor", "slipway-database-pooler") == nil)
  }

  @Test func everyRuleLooksBackOverFourReadings() throws {
    let longest = 30
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let expressions = try groups(release("database: { mode: cloudnative-pg, pooler: session }"))
      .flatMap { $0["rules"]?.sequence ?? [] }.compactMap { $0["expr"]?.text }
    let ranges = expressions.flatMap { $0.matches(of: /\[([0-9]+)([smhd])[\]:]/) }
    #expect(!ranges.isEmpty)
    for range in ranges {
      let seconds = try #require(Int(range.1)) * (units[range.2.first ?? "s"] ?? 1)
      #expect(seconds >= 4 * longest, "\(range.0)")
    }
    #expect(try releaseReading("\(longest)s").object("ServiceMonitor", "slipway") != nil)
    for interval in ["\(longest + 1)s", "1m", "24h"] {
      #expect(throws: (any Error).self) { try releaseReading(interval) }
    }
  }

  private func releaseReading(_ interval: String) throws -> ChartRelease {
    try TestRelease.of("monitoring: { enabled: true, interval: \(interval) }")
  }

  @Test func theRulesAreOfThisReleaseAlone() throws {
    let expressions = try groups(release()).flatMap { $0["rules"]?.sequence ?? [] }
      .compactMap { $0["expr"]?.text }
    #expect(!expressions.isEmpty)
    for expression in expressions {
      #expect(!expression.contains("@"))
      #expect(expression.contains(#"namespace="shop""#))
      #expect(expression.contains("slipway"))
    }
  }

  @Test func whereTheNamespaceIsSaidLaterEveryOneFits() throws {
    let texts = try groups(release(namespace: nil)).flatMap(\.all).compactMap(\.text)
    #expect(texts.contains { $0.contains(#"namespace=~".+",job="slipway""#) })
    #expect(!texts.contains { $0.contains("@") || $0.contains(#"namespace="""#) })
  }

  @Test func rulesOfADatabaseAreThereWithTheDatabase() throws {
    func names(_ more: String) throws -> [String] {
      try groups(release(more)).compactMap { $0["name"]?.text }
    }
    #expect(try !names("").contains("slipway-database"))
    #expect(try names("database: { mode: cloudnative-pg }").contains("slipway-database"))
  }

  @Test func runbooksAreWherePeopleSay() throws {
    let release = try TestRelease.of(
      "monitoring: { enabled: true, runbooks: 'https://wiki.example.com/slipway' }")
    let texts = try groups(release).flatMap(\.all).compactMap(\.text)
    #expect(texts.contains("https://wiki.example.com/slipway#slipwayabsent"))
  }

  @Test func theDashboardIsTheSameForAllReleases() throws {
    func data(_ name: String, _ namespace: String) throws -> YAMLNode? {
      let release = try TestRelease.of(Self.values, name: name, namespace: namespace)
      return release.object("ConfigMap", release.fullName + "-dashboard")?.node["data"]
    }
    let here = try data("slipway", "shop")
    #expect(here?["slipway.json"]?.text?.contains("@") == false)
    #expect(try data("other", "elsewhere") == here)
  }

  @Test func grafanaFindsTheDashboard() throws {
    let dashboard = try release().object("ConfigMap", "slipway-dashboard")?.node
    #expect(dashboard?.at("metadata", "labels", "grafana_dashboard")?.text == "1")
  }
}
