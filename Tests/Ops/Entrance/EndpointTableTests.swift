import Core
import JSON
import Testing

@testable import Ops

/// Whom new connections to a Service go to.
@Suite struct EndpointTableTests {
  private static let kind = ResourceKind.endpointSlice

  private func pod(
    _ name: String, ready: Bool = true, serving: Bool = true, terminating: Bool = false
  ) -> JSONValue {
    [
      "conditions": [
        "ready": .boolean(ready), "serving": .boolean(serving),
        "terminating": .boolean(terminating),
      ],
      "targetRef": ["kind": "Pod", "name": .string(name)],
    ]
  }

  private func slice(_ pods: [JSONValue], name: String = "a") -> JSONValue {
    [
      "metadata": ["name": .string(name)],
      "ports": [["name": "admin", "port": 9090], ["name": "http", "port": 8080]],
      "endpoints": .array(pods),
    ]
  }

  private func table(_ pods: [JSONValue]) -> EndpointTable {
    var table = EndpointTable()
    table.take(.replaced(Self.kind, [slice(pods)]), at: .zero)
    return table
  }

  private func chosen(_ table: inout EndpointTable, at now: Duration) -> Set<String> {
    var names: Set<String> = []
    for _ in 0..<6 {
      if case .endpoint(let endpoint, _) = table.choose(at: now) { names.insert(endpoint.pod) }
    }
    return names
  }

  @Test func nothingIsKnownBeforeTheFirstList() {
    var table = EndpointTable()
    #expect(table.choose(at: .zero) == .unknown)
    table.take(.lost(Self.kind, "away"), at: .zero)
    #expect(table.choose(at: .zero) == .unknown)
  }

  @Test func aServiceWithoutPodsHasNobody() {
    var table = table([])
    #expect(table.choose(at: .zero) == .nobody)
  }

  @Test func whoLeftWhileNobodyCouldTellIsGoneForNodesToo() {
    var heard = table([pod("a"), pod("b")])
    heard.take(.updated(Self.kind, slice([pod("a")])), at: .seconds(5))
    #expect(chosen(&heard, at: .seconds(5)) == ["a", "b"])
    var listed = table([pod("a"), pod("b")])
    listed.take(.replaced(Self.kind, [slice([pod("a")])]), at: .seconds(5))
    #expect(chosen(&listed, at: .seconds(5)) == ["a"])
    var again = table([pod("a"), pod("b"), pod("c")])
    again.take(.lost(Self.kind, "away"), at: .seconds(2))
    again.take(.updated(Self.kind, slice([pod("a"), pod("b")])), at: .seconds(5))
    #expect(chosen(&again, at: .seconds(5)) == ["a", "b"])
    // What follows at once is of the same time.
    again.take(.updated(Self.kind, slice([pod("a")])), at: .milliseconds(5100))
    #expect(chosen(&again, at: .milliseconds(5100)) == ["a"])
    again.take(.updated(Self.kind, slice([pod("d")])), at: .seconds(9))
    #expect(chosen(&again, at: .seconds(9)) == ["a", "d"])
  }

  @Test func whatIsToldAfterASilenceMayHaveBeenSoForLong() {
    var table = table([pod("a"), pod("b"), pod("c")])
    #expect(!table.isDoubtful(at: .seconds(4)))
    table.hearNothing(at: .seconds(5))
    table.take(.updated(Self.kind, slice([pod("a"), pod("b")])), at: .milliseconds(5100))
    #expect(chosen(&table, at: .milliseconds(5100)) == ["a", "b"])
    #expect(table.isDoubtful(at: .milliseconds(5900)))
    #expect(!table.isDoubtful(at: .milliseconds(6000)))
    table.take(.updated(Self.kind, slice([pod("a")])), at: .milliseconds(6100))
    #expect(chosen(&table, at: .milliseconds(6100)) == ["a", "b"])
  }

  @Test func podsThatAreReadyTakeTurnsAtThePortCalledHTTP() {
    var table = table([pod("a"), pod("b"), pod("c", ready: false, serving: false)])
    let choices = (0..<4).map { _ in table.choose(at: .zero) }
    #expect(choices[0] == choices[2] && choices[1] == choices[3] && choices[0] != choices[1])
    #expect(choices.contains(.endpoint(Endpoint(pod: "a", port: 8080))))
    #expect(chosen(&table, at: .zero) == ["a", "b"])
  }

  @Test func aPodThatLeavesIsMetUntilEveryNodeHasHeardOfIt() {
    var table = table([pod("a"), pod("b")])
    let after = slice([pod("a"), pod("b", ready: false, terminating: true)])
    table.take(.updated(Self.kind, after), at: .seconds(10))
    #expect(chosen(&table, at: .milliseconds(10_900)) == ["a", "b"])
    #expect(chosen(&table, at: .milliseconds(11_000)) == ["a"])
  }

  @Test func whoeverIsSentToAPodThatHasLeftIsTold() {
    var table = table([pod("a"), pod("b")])
    table.take(.updated(Self.kind, slice([pod("a")])), at: .seconds(1))
    let choices = (0..<2).map { _ in table.choose(at: .seconds(1)) }
    #expect(choices.contains(.endpoint(Endpoint(pod: "a", port: 8080), hasLeft: false)))
    #expect(choices.contains(.endpoint(Endpoint(pod: "b", port: 8080), hasLeft: true)))
  }

  @Test func aPodThatComesBackHasNotLeft() {
    var table = table([pod("a"), pod("b")])
    table.take(.updated(Self.kind, slice([pod("a")])), at: .seconds(1))
    table.take(.updated(Self.kind, slice([pod("a"), pod("b")])), at: .seconds(2))
    #expect(chosen(&table, at: .seconds(9)) == ["a", "b"])
  }

  @Test func whereNobodyIsReadyThoseThatLeaveGoOnServing() {
    let leaving = pod("a", ready: false, terminating: true)
    var table = table([leaving, pod("b", ready: false, serving: false)])
    #expect(chosen(&table, at: .zero) == ["a"])
  }

  @Test func podsOfSeveralSlicesAreOneSetWithoutThoseThatAreGone() {
    var table = table([pod("a")])
    table.take(.updated(Self.kind, slice([pod("a"), pod("b")], name: "six")), at: .zero)
    #expect(chosen(&table, at: .seconds(5)) == ["a", "b"])
    table.take(.deleted(Self.kind, slice([], name: "six")), at: .seconds(5))
    #expect(chosen(&table, at: .seconds(9)) == ["a"])
  }

  @Test func whatWasKnownCountsWhileTheClusterCanNotBeAsked() {
    var table = table([pod("a")])
    table.take(.lost(Self.kind, "away"), at: .seconds(1))
    #expect(chosen(&table, at: .seconds(60)) == ["a"])
  }
}
