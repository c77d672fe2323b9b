import Testing
import YAML

@testable import Ops

/// How clients come in from outside.
struct EntranceTests {
  private func ingress(_ values: String) throws -> YAMLNode {
    let release = try TestRelease.of("ingress: { enabled: true\(values) }")
    return try #require(release.object("Ingress", "slipway")?.node)
  }

  private func route(_ values: String, _ more: String = "") throws -> YAMLNode {
    let release = try TestRelease.of("gateway: { enabled: true, name: front\(values) }\n\(more)")
    return try #require(release.object("HTTPRoute", "slipway")?.node["spec"])
  }

  @Test func thereIsNoneUnlessOneIsWanted() throws {
    #expect(Objects.entranceObjects(try TestRelease.of()).isEmpty)
    #expect(
      Objects.entranceObjects(try TestRelease.of("ingress: { host: a.example.com }")).isEmpty)
  }

  @Test func theIngressLeadsTheHostToTheService() throws {
    let spec = try #require(try ingress(", host: a.example.com, class: nginx")["spec"])
    #expect(spec["ingressClassName"]?.text == "nginx")
    let rule = spec["rules"]?.sequence?.first
    #expect(rule?["host"]?.text == "a.example.com")
    let path = rule?.at("http", "paths")?.sequence?.first
    #expect(path?["path"]?.text == "/")
    #expect(path?.at("backend", "service", "name")?.text == "slipway")
    #expect(path?.at("backend", "service", "port", "name")?.text == "http")
    #expect(spec["tls"] == nil)
  }

  @Test func theCertificateIsForTheHost() throws {
    let node = try ingress(", host: a.example.com, tlsSecret: web")
    #expect(
      node.at("spec", "tls") == [["hosts": ["a.example.com"], "secretName": "web"]])
  }

  @Test func itsControllerIsToldByAnnotations() throws {
    let node = try ingress(", host: a.example.com, annotations: { example.com/limit: '5' }")
    #expect(node.at("metadata", "annotations", "example.com/limit")?.text == "5")
  }

  @Test func theRouteIsAttachedToTheGateway() throws {
    let spec = try route(", namespace: infra, section: https, host: a.example.com")
    #expect(
      spec["parentRefs"] == [["name": "front", "namespace": "infra", "sectionName": "https"]])
    #expect(spec["hostnames"] == ["a.example.com"])
    #expect(try route(", host: a.example.com")["parentRefs"] == [["name": "front"]])
  }

  @Test func theRouteLeadsToThePortOfTheService() throws {
    let backend = try route(", host: a.example.com", "service: { port: 8081 }")["rules"]?.sequence?
      .first?["backendRefs"]
    #expect(backend == [["name": "slipway", "port": 8081]])
  }

  @Test func aRouteWithoutAGatewayIsRefused() {
    #expect(throws: PlatformError.self) { try TestRelease.of("gateway: { enabled: true }") }
  }
}
