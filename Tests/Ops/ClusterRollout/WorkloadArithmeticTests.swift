import Core
import JSON
import Testing
import YAML

@testable import Ops

@Suite struct WorkloadArithmeticTests {
  private static func objects(_ values: String) throws -> [ClusterObject] {
    let release = try TestRelease.of(values, manager: .kustomize)
    return Objects.all(of: release).compactMap { ClusterObject(JSONValue($0.node)) }
  }

  private static func verdicts(
    _ objects: [ClusterObject]
  ) -> [String: PreflightCheck.Verdict] {
    Dictionary(
      uniqueKeysWithValues: WorkloadArithmetic(objects).checks().map { ($0.subject, $0.verdict) })
  }

  /// The objects with another value in the Deployment, at a path of keys.
  private static func changing(
    _ objects: [ClusterObject], _ path: [String], to value: JSONValue?
  ) -> [ClusterObject] {
    func changed(_ node: JSONValue, _ path: ArraySlice<String>) -> JSONValue {
      guard let key = path.first else { return node }
      if key == "0", let elements = node.elements, let first = elements.first {
        return .array([changed(first, path.dropFirst())] + elements.dropFirst())
      }
      let members = node.members ?? []
      guard path.count > 1 else {
        return .object(
          members.filter { $0.name != key } + (value.map { [JSONMember(key, $0)] } ?? []))
      }
      return .object(
        members.map { member in
          member.name == key
            ? JSONMember(key, changed(member.value, path.dropFirst())) : member
        })
    }
    return objects.compactMap { object in
      object.kind == .deployment ? ClusterObject(changed(object.json, path[...])) : object
    }
  }

  @Test(arguments: TestRelease.various)
  func whatIsRenderedAddsUp(values: String) throws {
    let objects = try Self.objects(values)
    #expect(!Self.verdicts(objects).values.contains(.refuse))
    #expect(objects.filter { $0.kind == .deployment }.count == 1)
  }

  @Test(arguments: [
    (
      "grace", ["spec", "template", "spec", "terminationGracePeriodSeconds"], JSONValue.integer(10)
    ),
    ("strategy", ["spec", "strategy", "rollingUpdate", "maxUnavailable"], .string("25%")),
    (
      "readiness", ["spec", "template", "spec", "containers", "0", "readinessProbe"],
      JSONValue?.none
    ),
    ("connections", ["spec", "replicas"], .integer(40)),
  ])
  func whatDoesNotAddUpIsRefused(subject: String, path: [String], value: JSONValue?) throws {
    let objects = try Self.objects("database: { mode: bundled }")
    #expect(Self.verdicts(objects)[subject] == .ok)
    #expect(Self.verdicts(Self.changing(objects, path, to: value))[subject] == .refuse)
  }

  private static func connections(
    _ values: String, replicas: Int64? = nil
  ) throws -> PreflightCheck? {
    let rendered = try objects(values)
    let wanted =
      replicas.map { changing(rendered, ["spec", "replicas"], to: .integer($0)) } ?? rendered
    return WorkloadArithmetic(wanted).checks().first { $0.subject == "connections" }
  }

  @Test(arguments: [
    ("database: { mode: bundled }", 40, "database.parameters.max_connections"),
    ("database: { mode: cloudnative-pg }", 40, "database.parameters.max_connections"),
    (
      "database: { mode: cloudnative-pg, parameters: { max_connections: \"30\" } }", 2,
      "database.parameters.max_connections"
    ),
    (
      "database: { mode: cloudnative-pg, pooler: transaction }", 100,
      "database.poolerParameters.max_client_conn"
    ),
    (
      "database: { mode: cloudnative-pg, pooler: session }", 40,
      "database.poolerParameters.default_pool_size"
    ),
  ])
  func connectionsAreThoseOfTheDatabaseThatIsRendered(
    values: String, tooMany: Int, key: String
  ) throws {
    if tooMany > 2 { #expect(try Self.connections(values)?.verdict == .ok) }
    let refused = try #require(try Self.connections(values, replicas: Int64(tooMany)))
    #expect(refused.verdict == .refuse)
    #expect(refused.detail.contains("set \(key) higher by"), "\(refused.detail)")
    #expect(refused.detail.contains("lower replicas or env.POOL_SIZE"), "\(refused.detail)")
  }

  @Test func connectionsOfAServerThatOthersRunAreToldAsNotChecked() throws {
    let check = try #require(try Self.connections("database: { mode: external }", replicas: 3))
    #expect(check.verdict == .warn)
    #expect(check.detail.hasPrefix("not checked: (replicas 3 + 1 by the rollout) x "))
    #expect(check.detail.contains("= 43 are wanted"), "\(check.detail)")
    #expect(check.detail.contains("SHOW max_connections"))
  }

  @Test func aFileHasNoConnections() throws {
    #expect(try Self.connections("replicas: 1\ndatabase: { mode: sqlite }") == nil)
  }

  @Test(arguments: [
    (
      ["spec", "template", "spec", "terminationGracePeriodSeconds"], JSONValue.integer(20),
      "set grace to at least 23s, or drain to at most 7s"
    ),
    (
      ["spec", "strategy", "rollingUpdate", "maxUnavailable"], .integer(1),
      "Deployment slipway: spec.strategy.rollingUpdate.maxUnavailable is not 0"
    ),
    (
      ["spec", "template", "spec", "containers", "0", "readinessProbe"], JSONValue?.none,
      "Deployment slipway: its container has no readinessProbe"
    ),
  ])
  func whatIsRefusedSaysWhatToChange(path: [String], value: JSONValue?, words: String) throws {
    let changed = Self.changing(try Self.objects(""), path, to: value)
    let details = WorkloadArithmetic(changed).checks().filter { $0.verdict == .refuse }
      .map(\.detail)
    #expect(details.count == 1)
    #expect(details.first?.contains(words) == true, "\(details)")
  }

  @Test func replicasBesideAnAutoscalerAreRefused() throws {
    let objects = try Self.objects("autoscale: { enabled: true }")
    #expect(Self.verdicts(objects)["replicas"] == .ok)
    let written = Self.changing(objects, ["spec", "replicas"], to: .integer(3))
    #expect(Self.verdicts(written)["replicas"] == .refuse)
  }

  @Test func anSQLiteFileMeansAGapThatIsTold() throws {
    let objects = try Self.objects("replicas: 1\ndatabase: { mode: sqlite }")
    #expect(Self.verdicts(objects)["strategy"] == .warn)
  }

  @Test func aGapHasToBeAllowedWhereSomethingServes() throws {
    let former = ClusterRelease(
      number: 1, revision: "r", image: "i", version: nil, time: .now())
    let file = WorkloadArithmetic(try Self.objects("replicas: 1\ndatabase: { mode: sqlite }"))
    #expect(file.downtime(over: former, failedMax: 0)?.verdict == .refuse)
    #expect(file.downtime(over: former, failedMax: 100)?.verdict == .ok)
    #expect(file.downtime(over: nil, failedMax: 0) == nil)
    let server = WorkloadArithmetic(try Self.objects(""))
    #expect(server.downtime(over: former, failedMax: 0) == nil)
  }

  private static func canary(
    _ form: CanaryForm, weight: Int, _ time: Duration, sharesRequests: Bool = false
  ) throws -> PreflightCheck.Verdict? {
    let steps = [RolloutStep(weight: weight, time: time)]
    return WorkloadArithmetic(
      try objects("replicas: 4"), steps: steps, form: form, sharesRequests: sharesRequests
    ).canary(probeRate: 20, consecutive: 50)?.verdict
  }

  @Test func aStepThatNobodyCouldJudgeIsRefused() throws {
    // 20 polls a second, 1 % of them: 36 in three minutes.
    #expect(try Self.canary(.route, weight: 1, .seconds(120)) == .refuse)
    // 52 are to be hoped for, and every second time there are fewer.
    #expect(try Self.canary(.route, weight: 1, .seconds(200)) == .refuse)
    #expect(try Self.canary(.route, weight: 1, .seconds(300)) == .warn)
    #expect(try Self.canary(.route, weight: 1, .seconds(400)) == .ok)
  }

  @Test func byPodsNewConnectionsAloneAreCounted() throws {
    // One pod of five, and every second poll on a connection that stays where it is.
    #expect(try Self.canary(.pods, weight: 20, .seconds(20)) == .warn)
    #expect(try Self.canary(.route, weight: 20, .seconds(20)) == .ok)
    #expect(try Self.canary(.pods, weight: 20, .seconds(20), sharesRequests: true) == .ok)
  }

  @Test func onePodMoreTakesWhatItsContainerAsksFor() throws {
    let usage = WorkloadArithmetic(try Self.objects("")).surgeUsage
    #expect(usage["pods"]?.value == 1)
    #expect(usage["requests.memory"]?.value ?? 0 > 0)
    #expect(usage["requests.cpu"]?.read("1") == 1000)
  }

  @Test func aCanaryIsCountedBesideThePodsThatAnAutoscalerHasMade() throws {
    let step = RolloutStep(weight: 50, time: .seconds(60))
    func surge(_ values: String, live: Int?) throws -> Int {
      WorkloadArithmetic(try Self.objects(values), live: live, steps: [step]).surge
    }
    let scaled = "autoscale: { enabled: true, min: 2 }"
    #expect(try surge(scaled, live: nil) == 3)
    #expect(try surge(scaled, live: 10) == 11)
    #expect(try surge(scaled, live: 1) == 3)
    // A number that is written is what comes.
    #expect(try surge("replicas: 2", live: 10) == 3)
  }

  @Test(arguments: [
    ("Ingress", "ingresses"), ("NetworkPolicy", "networkpolicies"), ("Pod", "pods"),
    ("HorizontalPodAutoscaler", "horizontalpodautoscalers"), ("HTTPRoute", "httproutes"),
  ])
  func pathsCallAKindByItsPlural(kind: String, plural: String) {
    #expect(ClusterObject.plural(of: kind) == plural)
  }
}
