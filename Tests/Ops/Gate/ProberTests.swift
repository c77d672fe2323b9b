import Core
import HTTPClient
import POSIX
import TestSupport
import Testing

@testable import Ops

@Suite struct ProberTests {
  /// Polls `url` until `enough`, and gives all samples.
  private func poll(
    _ url: String, rate: Int = 100, _ change: (inout ProberSettings) -> Void = { _ in },
    until enough: ([ProbeSample]) -> Bool
  ) throws -> (samples: [ProbeSample], health: ProberHealth) {
    var settings = ProberSettings(url: url)
    settings.ratePerSecond = rate
    settings.timeout = .seconds(10)
    change(&settings)
    let prober = try Prober(settings)
    var samples: [ProbeSample] = []
    let deadline = Deadline.after(.seconds(60))
    while !enough(samples), !deadline.hasPassed {
      WorkThread.sleep(.milliseconds(5))
      samples += prober.fetch().samples
    }
    let (last, health) = prober.stop()
    return (samples + last, health)
  }

  @Test func bothClassesGetHalfOfTheProbesOnTheirKindOfConnection() throws {
    let server = try RawServer { _ in .response(200, "UP", headers: ["X-Revision: r1"]) }
    let (samples, health) = try poll(server.url + "/health") { $0.count >= 40 }
    let fresh = samples.filter { $0.probeClass == .fresh }
    let kept = samples.filter { $0.probeClass == .kept }
    #expect(abs(fresh.count - kept.count) <= 1)
    #expect(samples.allSatisfy { $0.outcome == .status(200) && $0.revision == "r1" })
    #expect(health.sent == samples.count)
    let keptMade = kept.filter { $0.connect > .zero }.count
    #expect(server.connections == fresh.count + keptMade)
    #expect(fresh.allSatisfy { $0.connect > .zero })
    // Four where the machine is quiet: one for each kept connection.
    #expect((1...kept.count / 2).contains(keptMade))
  }

  @Test(arguments: [(1, 1), (2, 1), (4, 2), (6, 3), (8, 4), (20, 4), (1000, 4)])
  func noKeptConnectionRestsLongerThanTheRateWants(rate: Int, connections: Int) {
    var settings = ProberSettings(url: "http://127.0.0.1/")
    settings.ratePerSecond = rate
    #expect(settings.keptConnections == connections)
  }

  @Test func aSlowRateUsesOneKeptConnection() throws {
    let server = try RawServer { _ in .response(200, "UP") }
    let (samples, _) = try poll(server.url, rate: 2) {
      $0.filter { $0.probeClass == .kept }.count >= 3
    }
    let made = samples.filter { $0.probeClass == .kept && $0.connect > .zero }
    #expect(made.count == 1)
  }

  @Test func probesAreDueAtTheRateWhateverTheServerDoes() throws {
    let server = try RawServer { _ in .delayed(.milliseconds(400), RawServer.text(200, "UP")) }
    let (samples, health) = try poll(server.url, rate: 50) { $0.count >= 25 }
    let due = Set(samples.map { $0.dueAt.inMilliseconds })
    let last = try #require(due.max())
    #expect(due.allSatisfy { $0.isMultiple(of: 20) })
    #expect(Int64(due.count + health.skipped) >= last / 20 + 1)
    // Each took longer than the time between twenty of them.
    #expect(samples.allSatisfy { $0.total >= .milliseconds(390) })
  }

  @Test func aHangingServerIsATimeoutForEveryProbe() throws {
    let server = try RawServer { _ in .hang }
    let (samples, _) = try poll(server.url, rate: 50) {
      $0.timeout = .milliseconds(300)
    } until: {
      $0.count >= 10
    }
    #expect(samples.allSatisfy { $0.outcome == .failure(.timeout) })
    #expect(samples.allSatisfy { $0.total >= .milliseconds(290) })
  }

  @Test func aCutIsALossOnBothKindsOfConnection() throws {
    let server = try RawServer { _ in .close("") }
    let (samples, _) = try poll(server.url) { $0.count >= 10 }
    #expect(samples.allSatisfy { $0.outcome == .failure(.cut) })
  }

  @Test func aKeptConnectionThatDiesUnderAProbeIsNotHiddenByASecondTry() throws {
    let server = try RawServer { $0.number < 3 ? .response() : .close("") }
    let (samples, _) = try poll(server.url) {
      $0.contains { $0.probeClass == .kept && $0.outcome == .failure(.cut) }
    }
    #expect(samples.contains { $0.probeClass == .kept && $0.outcome == .failure(.cut) })
    #expect(samples.filter { $0.probeClass == .fresh }.allSatisfy { $0.outcome.isGood })
  }

  @Test func nobodyListeningIsRefused() throws {
    let server = try RawServer { _ in .response() }
    server.stop()
    let (samples, _) = try poll(server.url) { $0.contains { $0.outcome == .failure(.refused) } }
    #expect(samples.contains { $0.outcome == .failure(.refused) })
  }

  @Test func probesBeyondTheLimitInFlightAreSkippedAndCounted() throws {
    let server = try RawServer { _ in .hang }
    let (_, health) = try poll(server.url) {
      $0.inFlightMax = 5
      $0.timeout = .milliseconds(400)
    } until: {
      !$0.isEmpty
    }
    #expect(health.skipped > 0)
    #expect(health.bottleneck?.contains("could not be sent") == true)
  }

  @Test func samplesThatNobodyFetchesAreCounted() throws {
    let server = try RawServer { _ in .response() }
    var settings = ProberSettings(url: server.url)
    settings.ratePerSecond = 200
    settings.bufferSamplesMax = 3
    let prober = try Prober(settings)
    let deadline = Deadline.after(.seconds(60))
    while server.requests < 20, !deadline.hasPassed { WorkThread.sleep(.milliseconds(5)) }
    let (samples, health) = prober.stop()
    #expect(samples.count == 3)
    #expect(health.dropped == health.sent - 3)
    #expect(health.bottleneck != nil)
  }

  @Test func aProbeThatGoesOutLaterThanAllowedIsLate() throws {
    let server = try RawServer { _ in .response() }
    let (samples, health) = try poll(server.url) {
      $0.latenessMax = .zero
    } until: {
      $0.count >= 10
    }
    // No probe goes out at the very moment when it is due.
    #expect(health.late == samples.count)
    #expect(health.bottleneck?.contains("were late") == true)
  }

  @Test func aFewLateProbesAreNoReasonForDoubt() {
    #expect(ProberHealth(sent: 1000, late: 10, latenessWorst: .seconds(1)).bottleneck == nil)
    #expect(ProberHealth(sent: 1000, late: 11, latenessWorst: .seconds(1)).bottleneck != nil)
    #expect(ProberHealth(sent: 10, late: 5, latenessWorst: .seconds(1)).bottleneck == nil)
  }

  @Test func skippedProbesCountAsLateOnes() {
    #expect(ProberHealth(sent: 998, late: 8, skipped: 2).bottleneck == nil)
    #expect(ProberHealth(sent: 998, late: 8, skipped: 3).bottleneck != nil)
    #expect(ProberHealth(sent: 1000, dropped: 1).bottleneck != nil)
  }

  @Test func whatIsKnownOfAnEarlierTimeIsTakenOff() {
    let earlier = ProberHealth(sent: 100, late: 50, skipped: 7)
    let health = ProberHealth(sent: 300, late: 51, skipped: 7)
    #expect(health.since(earlier) == ProberHealth(sent: 200, late: 1))
  }
}
