import POSIX
import Subprocess
import TestSupport
import Testing
import YAML

@testable import Ops

/// The files as kustomize itself takes them.
@Suite struct KustomizeTests {
  /// Environments with every database, entrance and switch, in combinations that people have.
  private static let environments = """
      small:
        target: kustomize
        context: small
        namespace: small
        settings: development
        replicas: 1
        database: sqlite
      bundled:
        target: kustomize
        context: bundled
        namespace: bundled
        host: bundled.example.com
        settings: staging
        labels: { team: one, tier: two }
        annotations: { note: of all }
        database: { mode: bundled, storage: 5Gi, storageClass: fast }
        monitoring: { interval: 15s, labels: { release: prometheus } }
      external:
        target: kustomize
        context: external
        namespace: external
        auth: writes
        env: { RATE_LIMIT: 100/s }
        secrets:
          database: { vault: secret/data/shop/database }
          jwt: { existing: keys }
        database: { mode: external, port: 6432 }
        pod: { tolerations: [{ key: dedicated, value: shop }], pullSecrets: [registry] }
        network: { clientsFrom: [ingress-nginx], databases: [10.1.2.0/24] }
      pooled:
        target: helm
        context: pooled
        namespace: pooled
        host: pooled.example.com
        tls: { secret: shop-tls }
        ingress: { class: nginx }
        autoscale: { min: 3, max: 12 }
        database: { mode: cloudnative-pg, pooler: session }
        secrets: { jwt: { external: vault/shop/jwt } }
        monitoring: {}
      routed:
        target: kustomize
        context: routed
        namespace: routed
        host: routed.example.com
        gateway: { name: public, namespace: gateways, section: https }
        auth: off
        resources: { limits: { cpu: 500m } }
        drain: 30s
        database: { mode: cloudnative-pg, instances: 1 }
    """

  private func site() throws -> RenderSite {
    let site = try RenderSite(environments: Self.environments)
    let image = "\(RenderSite.repository):2026.11.0@\(RenderSite.digest)"
    let result = site.render("--image", image)
    #expect(result.code == .done, "\(result.error)")
    return site
  }

  private func built(_ directory: String) throws -> ObjectSet {
    let result = try Kubectl.kustomize(directory)
    #expect(result.isSuccess, "\(result.errorText)")
    #expect(result.errorText.isEmpty, "\(result.errorText)")
    return ObjectSet(try YAMLReader.readStream(result.output).map(Manifest.init))
  }

  private func expectSame(_ built: ObjectSet, _ wanted: [Manifest]) {
    #expect(built.objects.map(\.identity).sorted() == wanted.map(\.identity).sorted())
    for object in wanted {
      guard let found = built[object.identity] else { continue }
      #expect(
        found.node.isSame(as: object.node),
        "\(YAMLWriter.write(found.node))\n\(YAMLWriter.write(object.node))")
    }
  }

  @Test func everyOverlayGivesThePlainManifests() throws {
    let site = try site()
    let names = try File.list(site.path("kustomize/overlays"))
    #expect(names == ["bundled", "external", "pooled", "routed", "small"])
    for name in names {
      let flat = try YAMLReader.readStream(File.read(site.path("kustomize/flat/\(name).yaml")))
      expectSame(try built(site.path("kustomize/overlays/\(name)")), flat.map(Manifest.init))
    }
  }

  @Test func everyComponentMakesOfTheBaseWhatItsValuesMake() throws {
    let site = try site()
    let service = try Platform.load(site.platform).service
    try File.makeDirectory(site.path("kustomize/trial"))
    for component in KustomizeComponent.all {
      let names = [component.needs, component.name].compactMap { $0 }
      let kustomization: YAMLNode = [
        "resources": ["../base"],
        "components": .sequence(names.map { .string("../components/\($0)") }),
      ]
      try File.write(
        YAMLWriter.bytes(documents: [kustomization]),
        to: site.path("kustomize/trial/kustomization.yaml"))
      expectSame(
        try built(site.path("kustomize/trial")),
        try KustomizeParts.objects(of: service, with: component.values))
    }
  }

  /// Whoever builds an overlay of their own takes several.
  @Test func componentsTogetherMakeWhatTheirValuesMakeTogether() throws {
    let site = try site()
    let service = try Platform.load(site.platform).service
    let parts = try KustomizeParts(of: service)
    let combinations: [[String]] = [
      ["postgres", "ingress", "autoscale"], ["cloudnative-pg", "gateway", "autoscale"],
      ["cloudnative-pg", "pooler", "ingress", "autoscale"], ["sqlite", "ingress"],
      ["postgres", "gateway", "monitoring"], ["autoscale", "monitoring", "ingress"],
    ]
    for names in combinations {
      let used = parts.components.filter { names.contains($0.component.name) }
      #expect(used.count == names.count)
      let values = used.map(\.component.values).reduce(YAMLNode.mapping([])) {
        $0.overlaid(with: $1)
      }
      let wanted = try KustomizeParts.objects(of: service, with: values)
      expectSame(
        ObjectSet(parts.objects(with: used).objects.map(withoutTraces)), wanted.map(withoutTraces))
    }
  }

  /// What tells that settings changed is of the last component alone.
  private func withoutTraces(_ object: Manifest) -> Manifest {
    guard object.kind == "Deployment" else { return object }
    let template = ["spec", "template"]
    let pod = object.node.value(at: template + ["spec", "containers"])?.sequence?.first
    let environment = (pod?["env"]?.sequence ?? []).filter { $0["name"] != "REVISION" }
    let traces: YAMLNode = [
      "spec": [
        "template": [
          "spec": [
            "containers": [(pod ?? [:]).overlaid(with: ["env": .sequence(environment)])]
          ]
        ]
      ]
    ]
    return Manifest(object.node.overlaid(with: traces))
  }

  @Test func theBaseIsOfNoEnvironmentAndOfNoImage() throws {
    let site = try site()
    let parts = try KustomizeParts(of: Platform.load(site.platform).service)
    for object in parts.base.objects {
      #expect(object.namespace == nil)
      #expect(!["Job", "Namespace"].contains(object.kind))
    }
    let deployment = try #require(parts.base["apps/v1/Deployment/slipway"])
    let container = deployment.node.value(at: ["spec", "template", "spec", "containers"])?.sequence
    #expect(container?.first?["image"] == "slipway")
  }

  @Test func anOverlayNamesOnlyWhatIsItsOwn() throws {
    let site = try site()
    #expect(
      try site.text("kustomize/overlays/routed/patches/http-route.yaml").contains(
        "- routed.example.com"))
    let kustomization = try YAMLReader.read(
      site.text("kustomize/overlays/bundled/kustomization.yaml"))
    #expect(kustomization["namespace"] == "bundled")
    #expect(
      kustomization["images"] == [
        [
          "name": "slipway", "newName": .string(RenderSite.repository), "newTag": "2026.11.0",
          "digest": .string(RenderSite.digest),
        ]
      ])
    #expect(
      kustomization["labels"] == [["pairs": ["team": "one", "tier": "two"]]],
      "the version is the base's")
  }
}
