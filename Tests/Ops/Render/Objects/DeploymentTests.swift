import Testing
import YAML

@testable import Ops

/// How the service runs and how releases of it replace each other.
struct DeploymentTests {
  @Test func anAutoscalerDecidesTheReplicasAlone() throws {
    let fixed = try TestRelease.of("replicas: 4")
    let scaled = try TestRelease.of("replicas: 4\nautoscale: { enabled: true, min: 3 }")
    #expect(fixed.deployment.at("spec", "replicas") == .integer(4))
    #expect(scaled.deployment.at("spec", "replicas") == nil)
    #expect(scaled.object("HorizontalPodAutoscaler", "slipway") != nil)
    #expect(fixed.object("HorizontalPodAutoscaler", "slipway") == nil)
  }

  @Test func aNewPodIsReadyBeforeAnOldOneGoes() throws {
    let strategy = try TestRelease.of().deployment.at("spec", "strategy")
    #expect(strategy?.at("rollingUpdate", "maxUnavailable") == .integer(0))
    #expect(strategy?["type"] == "RollingUpdate")
  }

  @Test func theFileOfSQLiteHasOnePodAtATime() throws {
    let release = try TestRelease.of(
      "database: { mode: sqlite, storage: 5Gi }\nreplicas: 1")
    let spec = release.deployment["spec"]
    #expect(spec?["replicas"] == .integer(1))
    #expect(spec?["strategy"] == ["type": "Recreate"])
    #expect(release.object("HorizontalPodAutoscaler", "slipway") == nil)
    #expect(release.object("PodDisruptionBudget", "slipway") == nil)
    let claim = try #require(release.object("PersistentVolumeClaim", "slipway-data"))
    #expect(claim.node.at("spec", "resources", "requests", "storage")?.text == "5Gi")
    #expect(claim.node.at("metadata", "annotations", "helm.sh/resource-policy")?.text == "keep")
    #expect(release.settings["DATABASE_URL"] == "sqlite:////data/slipway.sqlite")
  }

  @Test func aStoppedServiceOfSQLiteStaysStopped() throws {
    let release = try TestRelease.of("database: { mode: sqlite }\nreplicas: 0")
    #expect(release.deployment.at("spec", "replicas") == .integer(0))
  }

  @Test(arguments: [
    ("", 23), ("shutdown: { drainSeconds: 60 }", 73), ("shutdown: { preStopSeconds: 0 }", 23),
    ("shutdown: { closeSeconds: 0, preStopSeconds: 0, drainSeconds: 0, graceSeconds: 1 }", 5),
    ("shutdown: { graceSeconds: 90 }", 90),
    ("shutdown: { graceSeconds: 1, preStopSeconds: 7, closeSeconds: 2, drainSeconds: 4 }", 18),
  ])
  func theGraceCoversAllThatGoesBeforeTheKill(_ values: String, _ seconds: Int) throws {
    let pod = try TestRelease.of(values).deployment.at("spec", "template", "spec")
    #expect(pod?["terminationGracePeriodSeconds"] == .integer(seconds))
  }

  @Test func theSleepBeforeTheStopIsKubernetesOwn() throws {
    let seconds = try TestRelease.of("shutdown: { preStopSeconds: 7 }").container
      .at("lifecycle", "preStop", "sleep", "seconds")
    #expect(seconds == .integer(7))
    #expect(try TestRelease.of("shutdown: { preStopSeconds: 0 }").container["lifecycle"] == nil)
  }

  @Test func anOutageOfTheDatabaseRestartsNobody() throws {
    let container = try TestRelease.of().container
    #expect(container.at("livenessProbe", "httpGet", "path")?.text == "/livez")
    #expect(container.at("startupProbe", "httpGet", "path")?.text == "/livez")
    #expect(container.at("readinessProbe", "httpGet", "path")?.text == "/readyz")
  }

  @Test(arguments: [
    "labels: { app.kubernetes.io/name: x, app.kubernetes.io/component: y }",
    "pod: { labels: { app.kubernetes.io/instance: x, app.kubernetes.io/component: y } }",
    "nameOverride: shop",
  ])
  func podsAreFoundWhateverLabelsAreAdded(_ values: String) throws {
    let release = try TestRelease.of(values)
    let selector = release.selector(Objects.app)
    let labels = release.deployment.at("spec", "template", "metadata", "labels")?.texts ?? [:]
    #expect(release.deployment.at("spec", "selector", "matchLabels") == selector)
    #expect(labels.merging(selector.texts) { $1 } == labels)
    #expect(release.object("Service", release.fullName)?.node.at("spec", "selector") == selector)
  }

  @Test func theSelectorIsTheSameForEveryReleaseOfAnImage() throws {
    let one = try TestRelease.of()
    let other = try TestRelease.of(
      "env: { A: b }\nlabels: { team: x }\nannotations: { a: b }",
      image: ImageReference(repository: "a/b", tag: "2"))
    #expect(one.deployment.at("spec", "selector") == other.deployment.at("spec", "selector"))
  }

  @Test func aNewVersionOfTheChartAloneReplacesNoPod() throws {
    let labels = try TestRelease.of().deployment.at("spec", "template", "metadata", "labels")
    #expect(labels?["helm.sh/chart"] == nil)
    #expect(labels?["app.kubernetes.io/managed-by"] == nil)
    #expect(try TestRelease.of().deployment.at("metadata", "labels", "helm.sh/chart") != nil)
  }

  @Test func whatPodsNeedBesideTheirContainersIsThere() throws {
    let pod = try TestRelease.of(
      """
      pod:
        annotations: { example.com/a: b, kubectl.kubernetes.io/default-container: mine }
        nodeSelector: { disk: ssd }
        tolerations:
          - { key: dedicated, value: web, effect: NoSchedule }
          - { key: spot, operator: Exists }
        priorityClass: high
        pullSecrets: [registry]
      """
    ).deployment.at("spec", "template")
    let spec = pod?["spec"]
    #expect(spec?["nodeSelector"]?.texts == ["disk": "ssd"])
    #expect(spec?["priorityClassName"]?.text == "high")
    #expect(spec?["imagePullSecrets"] == [["name": "registry"]])
    #expect(
      spec?["tolerations"] == [
        ["key": "dedicated", "operator": "Equal", "value": "web", "effect": "NoSchedule"],
        ["key": "spot", "operator": "Exists"],
      ])
    let annotations = pod?.at("metadata", "annotations")
    #expect(annotations?["example.com/a"]?.text == "b")
    #expect(annotations?["kubectl.kubernetes.io/default-container"]?.text == "app")
  }

  @Test func anImageByItsDigestIsWhatRuns() throws {
    let reference = "ghcr.io/example/slipway:2026.11.0@\(TestRelease.digest)"
    let image = try #require(ImageReference(reference))
    #expect(try TestRelease.of(image: image).container["image"]?.text == reference)
  }
}
