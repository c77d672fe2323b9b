import Core
import HTTPClient
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

/// The way of clients to a Service of a cluster, against the API's own words.
@Suite struct EntranceRelayTests {
  private static let service = "web"
  private let site: FakeClusterSite
  private let relay: EntranceRelay

  init() throws {
    site = try FakeClusterSite()
    let service: JSONValue = [
      "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(Self.service)],
      "spec": [
        "selector": ["app": .string(Self.service)],
        "ports": [["name": "http", "port": 80, "targetPort": "http"]],
      ],
    ]
    try site.client.create(.service, service, in: FakeClusterSite.namespace)
    relay = try EntranceRelay(
      site.client, service: Self.service, in: FakeClusterSite.namespace)
  }

  private func deploy(
    _ revision: String, image: String = "app", replicas: Int64 = 2, graceSeconds: Int64 = 30
  ) throws {
    let container: JSONValue = [
      "name": "app", "image": .string("registry.example/\(image):1"),
      "ports": [["name": "http", "containerPort": 8080]],
      "env": [["name": "REVISION", "value": .string(revision)]],
    ]
    let deployment: JSONValue = [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(Self.service)],
      "spec": [
        "replicas": .integer(replicas), "selector": ["matchLabels": ["app": .string(Self.service)]],
        "strategy": ["rollingUpdate": ["maxSurge": 1, "maxUnavailable": 0]],
        "template": [
          "metadata": ["labels": ["app": .string(Self.service)]],
          "spec": [
            "containers": [container], "terminationGracePeriodSeconds": .integer(graceSeconds),
          ],
        ],
      ],
    ]
    try site.client.apply(.deployment, deployment, in: FakeClusterSite.namespace)
  }

  /// What a client gets on a connection of its own.
  private func answer(_ connection: HTTPRequest.Connection = .fresh) -> (ProbeOutcome, String?) {
    var request = HTTPRequest(
      "http://localhost/health", unixSocketPath: relay.socketPath, deadline: .after(.seconds(20)))
    request.connection = connection
    do throws(HTTPClientError) {
      let answer = try HTTPClient().send(request)
      let outcome = relay.mark.outcome(of: answer) ?? .status(answer.status)
      return (outcome, answer.header("X-Revision"))
    } catch {
      return (.failure(error.kind), nil)
    }
  }

  private func eventually(_ outcome: ProbeOutcome, _ revision: String? = nil) -> Bool {
    FakeClusterSite.eventually { answer() == (outcome, revision) }
  }

  private func prober(rate: Int = 50) throws -> RelayedProber {
    var settings = ProberSettings(url: "http://localhost/health")
    settings.ratePerSecond = rate
    settings.timeout = .seconds(20)
    settings.unixSocketPath = relay.socketPath
    settings.mark = relay.mark
    return RelayedProber(try Prober(settings), relay)
  }

  @Test func aServiceWithoutPodsRefuses() {
    #expect(eventually(.failure(.refused)))
  }

  @Test func aConnectionReachesAPodThatIsReady() throws {
    try deploy("one")
    #expect(eventually(.status(200), "one"))
  }

  @Test func clientsGoFromReleaseToReleaseWithoutALoss() throws {
    try deploy("one")
    try #require(eventually(.status(200), "one"))
    let prober = try prober()
    WorkThread.sleep(.milliseconds(200))
    try deploy("two")
    try #require(eventually(.status(200), "two"))
    WorkThread.sleep(EndpointTable.nodeLag + .milliseconds(500))
    var report = ProbeReport()
    for sample in prober.stop().samples { report.add(sample) }
    #expect(report.failed == 0, "\(report.summary), \(report.outcomes)")
    #expect(report.revisions["one"] != nil && report.revisions["two"] != nil)
    #expect(report.classes.values.allSatisfy { $0.requests > 0 })
  }

  @Test func aPodThatIsGoneWhileNodesStillSendToItLosesItsClients() throws {
    try deploy("one", replicas: 4, graceSeconds: 0)
    let pods = ClusterSelection(.pod, in: FakeClusterSite.namespace)
    #expect(
      try FakeClusterSite.eventually {
        let ready = try site.client.list(pods).items.compactMap { PodReading($0) }
          .filter(\.isReady)
        // Others serve all the time: nobody is refused by a Service that has none.
        guard ready.count >= 3 else { return false }
        try site.client.delete(.pod, ready[0].object.name, in: FakeClusterSite.namespace)
        return (1...20).contains { _ in answer().0 == .failure(.refused) }
      })
  }

  @Test(arguments: [
    (404, "pods \"web-1\" not found", true), (404, "pod does not exist", true),
    (500, "container not running (7f3a)", true),
    (500, "an error occurred when try to find sandbox: not found", true),
    (500, "error dialing backend: dial tcp 10.0.0.7:10250: connect: no route to host", false),
    (500, "error dialing backend: No agent available", false),
    (500, "unable to upgrade connection: pod: i/o timeout, not found in time", false),
    (404, "nodes \"pod-pool-1\" not found", false), (404, "404 page not found", false),
    (503, "pods \"web-1\" not found", false),
  ])
  func onlyWordsOfAPodThatIsGoneAreTheServices(status: Int, words: String, isOfPod: Bool) {
    #expect(PodConnection.Away(reason: words, status: status).isOfPod == isOfPod)
  }

  @Test func anAPIThatIsAwayIsNoDataAndNoFailure() throws {
    try deploy("one")
    try #require(eventually(.status(200), "one"))
    let prober = try prober()
    WorkThread.sleep(.milliseconds(300))
    try site.fault("restart", ["seconds": 1])
    try #require(eventually(.status(200), "one"))
    WorkThread.sleep(.milliseconds(300))
    var report = ProbeReport()
    for sample in prober.stop().samples { report.add(sample) }
    #expect(report.failed == 0, "\(report.summary), \(report.outcomes)")
    #expect(report.noData > 0 && report.requests > 0)
  }

  @Test func anAPIThatRefusesToConnectIsNoData() throws {
    try deploy("one")
    try #require(eventually(.status(200), "one"))
    try site.fault("forbid", ["verb": "get", "resource": "pods/portforward"])
    #expect(eventually(.noData))
  }

  @Test func anAPIThatSaysNothingIsNoData() throws {
    try deploy("one")
    try #require(eventually(.status(200), "one"))
    try site.fault("silence", ["seconds": 5])
    #expect(answer().0 == .noData)
  }

  @Test func aPodsOwnFailuresAreTheServices() throws {
    try deploy("bad", image: "app-unwell")
    #expect(eventually(.status(500), "bad"))
  }

  @Test func noServiceCanSpeakInTheNameOfTheWay() throws {
    let request = HTTPRequest("http://localhost/health", unixSocketPath: relay.socketPath)
    let answer = try HTTPClient().send(request)
    #expect(relay.mark.outcome(of: answer) == .failure(.refused))
    #expect(ProbeMark().outcome(of: answer) == nil)
  }
}
