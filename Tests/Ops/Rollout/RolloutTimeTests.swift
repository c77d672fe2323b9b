import Core
import JSON
import Testing

@testable import Ops

/// The bound of a whole rollout, where time goes by in which nobody is heard.
@Suite struct RolloutTimeTests {
  /// Clients of whom most come nowhere, once the rollout has begun: a moment of each ten seconds is
  /// heard, and too little of it to decide anything.
  private final class MostlyUnheard: ProbeSource {
    private static let heardFirst: Duration = .seconds(10)
    private static let period: Duration = .seconds(10)
    private static let heard: Duration = .milliseconds(200)

    private let clients: SimulatedClients

    init(_ clients: SimulatedClients) { self.clients = clients }

    var startedAt: Timestamp { clients.startedAt }
    var elapsed: Duration { clients.elapsed }
    func stop() -> (samples: [ProbeSample], health: ProberHealth) { fetch() }
    func cancel() {}

    func fetch() -> (samples: [ProbeSample], health: ProberHealth) {
      var (samples, health) = clients.fetch()
      for index in samples.indices where Self.isUnheard(samples[index].dueAt) {
        samples[index].outcome = .noData
      }
      return (samples, health)
    }

    private static func isUnheard(_ due: Duration) -> Bool {
      due > heardFirst && due.inMilliseconds % period.inMilliseconds > heard.inMilliseconds
    }
  }

  /// Notes when each phase began.
  private final class TimedJournal: RolloutJournal {
    private let cluster: SimulatedCluster
    private let kept = SimulatedJournal()
    private let phases = Guarded<[String: Duration]>([:])

    var began: [String: Duration] { phases.withLock { $0 } }

    init(_ cluster: SimulatedCluster) { self.cluster = cluster }

    func entries() -> [JournalEntry] { kept.entries() }

    func append(_ kind: String, _ fields: JSONValue, at time: Timestamp) {
      if let phase = fields["phase"]?.text {
        let now = cluster.now
        phases.withLock { $0[phase] = now }
      }
      kept.append(kind, fields, at: time)
    }
  }

  @Test func timeInWhichNobodyIsHeardIsLeftOutOnceAndNoMore() throws {
    let place = try UndisturbedRun(hasFormer: true)
    let journal = TimedJournal(place.cluster)
    let timeout: Duration = .seconds(120)
    let began = place.cluster.now
    let run = try place.make(
      journal: journal, timeout: timeout, probes: MostlyUnheard(place.clients))
    let outcome = run.run()
    #expect(outcome != .done, "\(run.machine.cause ?? "")")
    let givenUp = try #require(journal.began["diagnose"]) - began
    // All of the time, and what was left out of it as often as once.
    #expect(givenUp > timeout * 1.5, "\(givenUp) \(run.machine.cause ?? "")")
    #expect(givenUp < timeout * 2 + .seconds(5), "\(givenUp) \(run.machine.cause ?? "")")
  }
}
