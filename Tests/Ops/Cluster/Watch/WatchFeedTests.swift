import Core
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

/// Watches by way of a real `kubectl proxy`, over everything that can happen to them.
@Suite struct WatchFeedTests {
  private let site: FakeClusterSite
  private let seen = Guarded<[ClusterChange]>([])
  private let space = FakeClusterSite.namespace
  private var client: ClusterClient { site.client }

  init() throws { site = try FakeClusterSite(bookmarks: .milliseconds(100)) }

  private func feed(silenceMax: Duration = .seconds(60)) throws -> WatchFeed {
    let seen = seen
    return try WatchFeed(
      client, ClusterSelection(.configMap, in: space), silenceMax: silenceMax
    ) { change in seen.withLock { $0.append(change) } }
  }

  private var changes: [ClusterChange] { seen.withLock { $0 } }

  /// The values of `data.n` of the one object, in the order in which they were told.
  private var numbers: [Int] {
    changes.flatMap { change -> [JSONValue] in
      switch change {
      case .replaced(_, let objects): objects
      case .updated(_, let object): [object]
      case .deleted, .lost: []
      }
    }.compactMap { $0["data"]?["n"]?.text.flatMap { Int($0) } }
  }

  private func count(where condition: (ClusterChange) -> Bool) -> Int {
    changes.count(where: condition)
  }

  private var losses: Int {
    count { if case .lost = $0 { true } else { false } }
  }
  private var lists: Int {
    count { if case .replaced = $0 { true } else { false } }
  }

  private func set(_ number: Int) throws {
    try client.apply(.configMap, FakeClusterSite.configMap("a", [("n", "\(number)")]), in: space)
  }

  @Test func whatIsThereIsToldAndThenWhatChanges() throws {
    try set(1)
    let feed = try feed()
    #expect(FakeClusterSite.eventually { numbers == [1] })
    try set(2)
    try client.delete(.configMap, "a", in: space)
    #expect(
      FakeClusterSite.eventually {
        if case .deleted(.configMap, _) = changes.last { true } else { false }
      })
    #expect(numbers == [1, 2])
    #expect(lists == 1)
    feed.stop()
  }

  @Test func nothingIsLostOrToldInAnotherOrderWhereWatchesAreCut() throws {
    try set(0)
    let feed = try feed()
    #expect(FakeClusterSite.eventually { numbers == [0] })
    for number in 1...60 {
      try set(number)
      if number % 6 == 0 { try site.fault(number % 12 == 0 ? "cut" : "end") }
    }
    #expect(FakeClusterSite.eventually { numbers.last == 60 })
    #expect(numbers == Array(0...60))
    #expect(lists == 1)
    #expect(losses == 0)
    feed.stop()
  }

  @Test func aServerThatForgotIsListedAnewAndTheEndIsRight() throws {
    try set(0)
    let feed = try feed()
    #expect(FakeClusterSite.eventually { lists == 1 })
    for number in 1...5 {
      try set(number)
      try site.fault("cut")
      try site.fault("forget")
    }
    #expect(FakeClusterSite.eventually { numbers.last == 5 })
    #expect(lists > 1)
    #expect(numbers == numbers.sorted())
    feed.stop()
  }

  @Test func aServerThatIsAwayIsToldAsLostAndThenListed() throws {
    try set(1)
    let feed = try feed()
    #expect(FakeClusterSite.eventually { numbers == [1] })
    try site.fault("down")
    #expect(FakeClusterSite.eventually { losses == 1 })
    try site.fault("up")
    #expect(FakeClusterSite.eventually { lists == 2 })
    try set(2)
    #expect(FakeClusterSite.eventually { numbers == [1, 1, 2] })
    #expect(losses == 1)
    feed.stop()
  }

  @Test func aProxyThatIsKilledLosesNothing() throws {
    try set(0)
    let feed = try feed()
    #expect(FakeClusterSite.eventually { numbers == [0] })
    try ProcessHandle(try #require(client.transport.proxy.process)).send(.kill)
    for number in 1...2 {
      // A change that the proxy took with it is made again by who wants it.
      #expect(FakeClusterSite.eventually { (try? set(number)) != nil })
    }
    #expect(FakeClusterSite.eventually { numbers.last == 2 })
    #expect(numbers == numbers.sorted())
    feed.stop()
  }

  @Test func aBusyServerIsAskedAgain() throws {
    try set(0)
    let feed = try feed()
    #expect(FakeClusterSite.eventually { numbers == [0] })
    try site.fault("fail", ["status": 429, "verb": "watch", "retryAfter": 1, "count": 2])
    try site.fault("cut")
    try set(1)
    #expect(FakeClusterSite.eventually { numbers == [0, 1] })
    #expect(losses == 0)
    feed.stop()
  }

  @Test func aWatchThatFallsSilentIsCheckedByAListAndOpenedAnew() throws {
    let quiet = try FakeClusterSite(bookmarks: .seconds(3600))
    let seen = seen
    let feed = try WatchFeed(
      quiet.client, ClusterSelection(.configMap, in: space), silenceMax: .milliseconds(200)
    ) { change in seen.withLock { $0.append(change) } }
    #expect(try FakeClusterSite.eventually { try quiet.calls("watch", "configmaps") >= 2 })
    #expect(try quiet.calls("list", "configmaps") >= 2)
    feed.stop()
  }

  @Test func afterTheStopNothingIsTold() throws {
    try set(0)
    let feed = try feed()
    #expect(FakeClusterSite.eventually { numbers == [0] })
    feed.stop()
    let before = changes.count
    try set(1)
    try set(2)
    WorkThread.sleep(.milliseconds(300))
    #expect(changes.count <= before + 1)
  }
}
