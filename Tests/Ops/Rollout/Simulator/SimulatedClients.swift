import Core
import HTTPClient

@testable import Ops

/// Clients of the service, at a fixed rate.
///
/// One thread runs a simulation from its beginning to its end.
final class SimulatedClients: ProbeSource, @unchecked Sendable {
  private let cluster: SimulatedCluster
  private let interval: Duration
  private let began: Duration
  private var generator: SeededGenerator
  private var number = 0
  private var samples: [ProbeSample] = []
  private var health = ProberHealth()
  /// Requests that failed, by when: the truth, whoever asks for it.
  private(set) var failures: [Duration] = []

  let startedAt = RecordedStream.began
  var elapsed: Duration { cluster.now - began }

  init(_ cluster: SimulatedCluster, ratePerSecond: Int, _ generator: SeededGenerator) {
    self.cluster = cluster
    self.generator = generator
    interval = .microseconds(1_000_000 / ratePerSecond)
    began = cluster.now
  }

  /// Sends what is due.
  func step() {
    while case let due = interval * number, due <= elapsed {
      number += 1
      health.sent += 1
      samples.append(probe(due))
    }
  }

  /// The process was suspended: what was due meanwhile was not sent.
  func skip() {
    while interval * number <= elapsed {
      number += 1
      health.skipped += 1
    }
  }

  private func probe(_ due: Duration) -> ProbeSample {
    var sample = ProbeSample(
      probeClass: number.isMultiple(of: 2) ? .fresh : .kept, dueAt: due,
      total: generator.milliseconds(2...12), outcome: .failure(.refused))
    if let pod = cluster.takes(&generator) {
      sample.revision = pod.release.revision
      let fails = pod.release.conduct == .answersBadly && generator.happens(0.3)
      sample.outcome = .status(fails ? 500 : 200)
      if pod.release.conduct == .answersSlowly { sample.total += .milliseconds(300) }
    }
    if !sample.outcome.isGood { failures.append(cluster.now) }
    return sample
  }

  func fetch() -> (samples: [ProbeSample], health: ProberHealth) {
    defer { samples = [] }
    return (samples, health)
  }

  func stop() -> (samples: [ProbeSample], health: ProberHealth) { fetch() }
  func cancel() {}
}
