import Testing
import YAML

@testable import Ops

/// How the schema is brought up to date.
struct MigrationTests {
  @Test(arguments: [
    ("", MigrationForm.hook, MigrationForm.job),
    ("secrets: { database: { existing: a } }", .hook, .job),
    ("secrets: { database: { sops: a.yaml } }", .hook, .job),
    ("secrets: { database: { external: a/b } }", .job, .job),
    ("secrets: { database: { vault: a } }", .job, .job),
    (
      "secrets: { database: { existing: a }, migrations: { external: a/b } }", .job, .job
    ),
    ("database: { mode: bundled }", .job, .job),
    ("database: { mode: cloudnative-pg }", .job, .job),
    ("replicas: 1\ndatabase: { mode: sqlite }", .initContainer, .initContainer),
    ("migrations: { mode: job }", .job, .job),
    ("migrations: { mode: none }", .none, .none),
    ("replicas: 1\ndatabase: { mode: sqlite }\nmigrations: { mode: none }", .none, .none),
    ("migrations: { mode: hook }\nsecrets: { database: { vault: a } }", .hook, .job),
  ])
  func aHookRunsOnlyWhereTheDatabaseIsThereBeforeTheRelease(
    _ values: String, _ helm: MigrationForm, _ kustomize: MigrationForm
  ) throws {
    #expect(try TestRelease.of(values, manager: .helm).migrationForm == helm)
    #expect(try TestRelease.of(values, manager: .kustomize).migrationForm == kustomize)
  }

  @Test func aHookIsReplacedAndAnotherJobHasAnotherName() throws {
    let (one, two) = ("1.0", "2.0")
    func name(_ tag: String, _ manager: ChartRelease.Manager, _ values: String = "") throws
      -> String?
    {
      let image = ImageReference(repository: "a/b", tag: tag)
      return Objects.migrationJob(try TestRelease.of(values, manager: manager, image: image))?.name
    }
    #expect(try name(one, .helm) == "slipway-migrate")
    #expect(try name(two, .helm) == "slipway-migrate")
    let ordinary = try #require(try name(one, .kustomize))
    #expect(ordinary.count == "slipway-migrate-".count + 10)
    #expect(try name(one, .kustomize) == ordinary)
    #expect(try name(two, .kustomize) != ordinary)
    #expect(try name(one, .kustomize, "migrations: { deadlineSeconds: 60 }") != ordinary)
    #expect(try name(one, .kustomize, "env: { A: b }\nreplicas: 7") == ordinary)
  }

  @Test func bothFormsDoTheSame() throws {
    let hook = try #require(Objects.migrationJob(try TestRelease.of(manager: .helm)))
    let job = try #require(Objects.migrationJob(try TestRelease.of(manager: .kustomize)))
    #expect(hook.node["spec"] == job.node["spec"])
    #expect(hook.node.at("metadata", "annotations", "helm.sh/hook") != nil)
    #expect(job.node.at("metadata", "annotations") == nil)
  }

  @Test func theAccountAndThePolicyOfAHookAreMadeBeforeIt() throws {
    let release = try TestRelease.of()
    let key = "helm.sh/hook-weight"
    let account = try #require(Objects.migrationAccount(release)).node
    let policy = try #require(Objects.migrationNetwork(release)).node
    let job = try #require(Objects.migrationJob(release)).node
    let weights = [account, policy, job].compactMap { $0.at("metadata", "annotations", key)?.text }
    #expect(weights.compactMap(Int.init) == [-10, -10, -5])
    let name = account.at("metadata", "name")
    #expect(job.at("spec", "template", "spec", "serviceAccountName") == name)
  }

  @Test func whatAHookNeedsCanBecomeAnOrdinaryObjectOfTheRelease() throws {
    func owner(_ values: String) throws -> [String: String] {
      let account = Objects.migrationAccount(try TestRelease.of(values, name: "shop-slipway"))
      let annotations = try #require(account).node.at("metadata", "annotations")?.texts ?? [:]
      return annotations.filter { $0.key.hasPrefix("meta.helm.sh/") }
    }
    #expect(
      try owner("") == [
        "meta.helm.sh/release-name": "shop-slipway", "meta.helm.sh/release-namespace": "shop",
      ])
    // Helm writes these by itself.
    #expect(try owner("migrations: { mode: job }") == [:])
  }

  @Test func aHookNeedsNothingThatIsMadeAfterIt() throws {
    let job = try #require(Objects.migrationJob(try TestRelease.of())).node
    #expect(!job.all.contains { $0["configMapRef"] != nil })
    let names = job.all.compactMap { $0.at("secret", "name")?.text }
    #expect(names == ["slipway-database"])
  }

  @Test(arguments: [
    ("", "60s"), ("migrations: { deadlineSeconds: 30 }", "15s"),
    ("database: { mode: bundled }", "450s"),
    ("database: { mode: cloudnative-pg }\nmigrations: { deadlineSeconds: 61 }", "30s"),
  ])
  func theWaitForTheDatabaseLeavesTimeToMigrate(_ values: String, _ wait: String) throws {
    let job = try #require(Objects.migrationJob(try TestRelease.of(values))).node
    let container = job.at("spec", "template", "spec", "containers")?.sequence?.first
    #expect(container?["args"]?.sequence?.last?.text == wait)
  }

  @Test func whatFailsIsNotRepeatedAndADrainedNodeDoesNotCount() throws {
    let spec = try #require(Objects.migrationJob(try TestRelease.of())).node["spec"]
    #expect(spec?["backoffLimit"] == .integer(0))
    #expect(spec?["ttlSecondsAfterFinished"] == .integer(86_400))
    #expect(spec?["activeDeadlineSeconds"] == .integer(900))
    let rule = spec?.at("podFailurePolicy", "rules")?.sequence?.first
    #expect(rule?["action"] == "Ignore")
    #expect(rule?["onPodConditions"] == [["type": "DisruptionTarget", "status": "True"]])
  }

  @Test func theFileOfSQLiteIsMigratedInItsPod() throws {
    let release = try TestRelease.of("replicas: 1\ndatabase: { mode: sqlite }")
    #expect(Objects.migrationJob(release) == nil)
    #expect(Objects.migrationAccount(release) == nil)
    let containers = release.deployment.at("spec", "template", "spec", "initContainers")?.sequence
    #expect(containers?.count == 1)
    #expect(
      containers?.first?["args"]
        == ["migrate", "apply", "--database", "sqlite:////data/slipway.sqlite"])
  }

  @Test(
    arguments: [
      (["b": 1, "a": [true, .null, "x"]], #"{"a":[true,null,"x"],"b":1}"#),
      ("<a> & \"b\"\\", ##""\u003ca\u003e \u0026 \"b\"\\""##),
      (
        "\u{1}\u{8}\t\n\u{c}\r\u{1f}\u{7f}é\u{2028}",
        ##""\u0001\b\t\n\f\r\u001f"## + "\u{7f}é\\u2028\""
      ),
      ("1e3", #""1e3""#),
    ] as [(YAMLNode, String)])
  func nodesAreHashedAsTemplatesWriteThem(_ node: YAMLNode, _ text: String) {
    #expect(CanonicalJSON.bytes(of: node) == Array(text.utf8))
  }
}
