import Core

/// What polls a service at a fixed rate, from its making until it is stopped.
protocol ProbeSource: Sendable {
  /// When it began, to place samples in time.
  var startedAt: Timestamp { get }
  /// Time since then, the clock of all samples.
  var elapsed: Duration { get }
  /// The samples since the last call, in the order in which they ended, and how it kept up.
  func fetch() -> (samples: [ProbeSample], health: ProberHealth)
  /// Sends no further probe, waits for those in flight, and gives the last samples.
  func stop() -> (samples: [ProbeSample], health: ProberHealth)
  /// Sends no further probe and waits for nothing.
  func cancel()
}

extension Prober: ProbeSource {}
