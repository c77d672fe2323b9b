import Core
import JSON
import TestSupport
import Testing

@testable import Ops

/// What an environment of a cluster remembers, in a fake cluster asked through a real kubectl.
@Suite struct ClusterMemoryTests {
  private let site: FakeClusterSite
  private let names = ClusterNames(service: "slipway", namespace: FakeClusterSite.namespace)

  init() throws { site = try FakeClusterSite() }

  private var lease: ClusterLease { ClusterLease(site.client, names) }
  private var store: ClusterStateStore { ClusterStateStore(site.client, names, lease) }
  private var manifests: ClusterManifests {
    ClusterManifests(client: site.client, names: names, lease: lease)
  }

  private func journal(_ number: Int) -> ClusterJournal {
    ClusterJournal(site.client, names, lease, number: number)
  }

  @Test func entriesAreReadBackInTheirOrder() throws {
    let journal = journal(1)
    #expect(try journal.entries().isEmpty)
    try journal.append("begin", ["image": "a"])
    try journal.append("phase", ["phase": "lock"])
    let summary = try #require(JournalSummary(try journal.entries()))
    #expect(summary.phase == .lock)
    #expect(summary.request["image"] == "a")
  }

  @Test func twoWhoWriteAtOnceLoseNothing() throws {
    let journal = journal(1)
    try journal.append("begin", [:])
    try Crowd.run(3) { number in
      try journal.append("note", ["text": .string("\(number)")])
    }
    #expect(try journal.entries().count == 4)
  }

  @Test func theOldestJournalsGo() throws {
    for number in 1...ClusterJournal.journalsMax + 2 {
      try journal(number).append("begin", [:])
    }
    let kept = try ClusterJournal.numbers(site.client, names)
    #expect(kept == Array(3...ClusterJournal.journalsMax + 2))
  }

  @Test func aStateIsReadBackAsItWasSaved() throws {
    let store = store
    #expect(try store.load() == RolloutState())
    var state = RolloutState<ClusterRelease>()
    state.number = 2
    state.replaceCurrent(
      with: ClusterRelease(
        number: 2, revision: "abc", image: "example/app:1", version: nil,
        time: Timestamp(microsecondsSinceEpoch: 1_790_000_000_123_000), variables: ["A": "b"]))
    state.frozen = "holiday"
    for _ in 1...2 {
      try store.save(state)
      #expect(try store.load() == state)
    }
  }

  @Test func aStateThatCannotBeReadIsNotAnEmptyOne() throws {
    try site.client.create(
      .configMap, FakeClusterSite.configMap(names.state, [("state.json", "{")]),
      in: names.namespace)
    #expect(throws: StateUnreadable.self) {
      try store.load()
    }
  }

  @Test func objectsOfAReleaseComeBackAsTheyWereKept() throws {
    #expect(try manifests.load(3) == nil)
    let object = try #require(ClusterObject(FakeClusterSite.configMap("a", [("k", "1")])))
    try manifests.keep([object], of: 3)
    #expect(try manifests.load(3) == [object])
    try manifests.prune(before: 4, keeping: [])
    #expect(try manifests.load(3) == nil)
  }

  @Test func whatCouldNotBeKeptIsRefusedBeforehand() throws {
    let long = String(repeating: "x", count: ClusterManifests.bytesMax)
    let object = try #require(ClusterObject(FakeClusterSite.configMap("a", [("k", long)])))
    #expect(throws: RolloutRefusal.self) {
      try manifests.keep([object], of: 1)
    }
  }
}
