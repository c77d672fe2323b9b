import Core
import HTTPClient
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

/// A fake cluster, and a client of it by way of a real kubectl.
struct FakeClusterSite {
  let fake: FakeCluster
  let client: ClusterClient

  /// A namespace that is there from the beginning.
  static let namespace = "default"
  /// For what has to happen on a machine that is busy.
  static let patience = Duration.seconds(60)

  init(speed: Double = 0.05, bookmarks: Duration = .seconds(60)) throws {
    fake = try FakeCluster(speed: speed, bookmarks: bookmarks)
    client = try ClusterClient(
      context: FakeCluster.context, kubeconfig: fake.kubeconfig, kubectl: Kubectl.program)
  }

  /// Asks for a fault.
  func fault(_ name: String, _ what: JSONValue = [:]) throws {
    let answer = try HTTPClient().send(
      HTTPRequest(
        "\(fake.controlURL)/\(name)", method: "POST", body: what.bytes(),
        deadline: .after(Self.patience)))
    try #require(answer.status == 200, "\(answer.text)")
  }

  /// How often a verb was asked for a resource.
  func calls(_ verb: String, _ resource: String) throws -> Int {
    let answer = try HTTPClient().send(HTTPRequest("\(fake.controlURL)/calls"))
    return try #require(try JSONReader.read(answer.body).elements).filter {
      $0["verb"]?.text == verb && $0["resource"]?.text == resource
    }.count
  }

  /// What failed in `body`.
  static func failure(
    _ body: () throws(ClusterFailure) -> Void
  ) throws -> ClusterFailure {
    try #require(#expect(throws: ClusterFailure.self) { try body() })
  }

  /// Whether `condition` comes true in time.
  static func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Deadline.after(patience)
    while try !condition() {
      if deadline.hasPassed { return false }
      WorkThread.sleep(.milliseconds(10))
    }
    return true
  }

  static func configMap(_ name: String, _ data: [(String, String)] = []) -> JSONValue {
    [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)],
      "data": .object(data.map { JSONMember($0.0, .string($0.1)) }),
    ]
  }

  static func job(_ name: String, image: String) -> JSONValue {
    [
      "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)],
      "spec": [
        "backoffLimit": 0,
        "template": [
          "spec": [
            "restartPolicy": "Never",
            "containers": [["name": "migrate", "image": .string(image)]],
          ]
        ],
      ],
    ]
  }

  static func deployment(_ name: String, image: String, replicas: Int64 = 2) -> JSONValue {
    [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name)],
      "spec": [
        "replicas": .integer(replicas), "selector": ["matchLabels": ["app": .string(name)]],
        "template": [
          "metadata": ["labels": ["app": .string(name)]],
          "spec": ["containers": [["name": "app", "image": .string(image)]]],
        ],
      ],
    ]
  }
}
