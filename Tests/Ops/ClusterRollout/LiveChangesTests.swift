import JSON
import Testing

@testable import Ops

@Suite struct LiveChangesTests {
  private static func deployment(
    _ image: String, replicas: Int64?, version: String = "1"
  ) -> JSONValue {
    let container: JSONValue = ["name": "app", "image": .string(image)]
    var spec = [JSONMember("template", ["spec": ["containers": [container]]])]
    if let replicas { spec.append(JSONMember("replicas", .integer(replicas))) }
    return [
      "apiVersion": "apps/v1", "kind": "Deployment",
      "metadata": [
        "name": "slipway", "resourceVersion": .string(version),
        "annotations": ["deployment.kubernetes.io/revision": .string(version)],
      ],
      "spec": .object(spec), "status": ["replicas": 2],
    ]
  }

  private static func check(_ live: JSONValue?, _ wanted: JSONValue) throws -> PreflightCheck {
    let object = try #require(ClusterObject(wanted))
    var changes = LiveChanges()
    changes.add(object, live: live, wanted: wanted)
    return changes.check
  }

  @Test func everyValueThatWouldChangeIsALine() throws {
    let check = try Self.check(
      Self.deployment("a:1", replicas: 2), Self.deployment("a:2", replicas: 3, version: "2"))
    #expect(
      check.detail
        == "0 new objects, 1 object changed; Deployment slipway:"
        + " spec.template.spec.containers.app.image: a:1 -> a:2; Deployment slipway:"
        + " spec.replicas: 2 -> 3")
  }

  @Test func whatTheServerKeepsForItselfIsNoChange() throws {
    let live = Self.deployment("a:1", replicas: 2)
    #expect(
      try Self.check(live, Self.deployment("a:1", replicas: 2, version: "9")).detail == "none")
    // These are an autoscaler's.
    let handedOver = Self.deployment("a:1", replicas: nil)
    #expect(try Self.check(live, handedOver).detail == "none")
  }

  @Test func whatEveryReleaseWritesOnEveryObjectIsNoChangeOfIt() throws {
    func secret(_ version: String, store: String) -> JSONValue {
      [
        "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
        "metadata": ["name": "jwt", "labels": ["app.kubernetes.io/version": .string(version)]],
        "spec": ["secretStoreRef": ["name": .string(store)]],
      ]
    }
    func changes(to wanted: JSONValue) throws -> LiveChanges {
      var changes = LiveChanges()
      changes.add(
        try #require(ClusterObject(wanted)), live: secret("2026.11.0", store: "a"), wanted: wanted)
      return changes
    }
    let same = try changes(to: secret("2026.11.1", store: "a"))
    #expect(same.check.detail == "none")
    #expect(same.altered == [])
    let other = try changes(to: secret("2026.11.1", store: "b"))
    #expect(other.check.detail.hasSuffix("jwt: spec.secretStoreRef.name: a -> b"))
    #expect(other.altered.map(\.name) == ["jwt"])
  }

  @Test(arguments: [
    ("DATABASE_URL", "postgres://user:hunter2hunter2hunter2hunter2hunter2hunter2hunter2@db/app"),
    ("API_TOKEN", "hunter2"),
  ])
  func aSecretThatGoesIsNotShownNorAPartOfIt(name: String, value: String) throws {
    func deployment(_ variables: [JSONValue]) -> JSONValue {
      [
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "slipway"],
        "spec": [
          "template": ["spec": ["containers": [["name": "app", "env": .array(variables)]]]]
        ],
      ]
    }
    let live = deployment([["name": .string(name), "value": .string(value)]])
    for wanted in [deployment([]), deployment([["name": .string(name), "value": "other"]])] {
      let detail = try Self.check(live, wanted).detail
      #expect(detail.contains("env.\(name)") && !detail.contains("hunter2"), "\(detail)")
    }
  }

  @Test func whatIsLongIsCut() throws {
    #expect(
      try Self.check(nil, Self.deployment("a:1", replicas: 2)).detail.hasSuffix("slipway: new"))
    let long = Self.deployment(String(repeating: "a", count: 200), replicas: 2)
    let detail = try Self.check(Self.deployment("a:1", replicas: 2), long).detail
    #expect(detail.utf8.count < 200 && detail.hasSuffix("..."))
    var changes = LiveChanges()
    for number in 0..<99 {
      let object = try #require(
        ClusterObject([
          "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string("\(number)")],
        ]))
      changes.add(object, live: nil, wanted: object.json)
    }
    #expect(changes.check.detail.hasSuffix("; and 75 more"))
  }
}
