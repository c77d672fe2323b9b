import Core

/// All that a rollout was, for the report.
struct RolloutRecord: Sendable {
  /// How a phase ended.
  enum Result: String, Sendable {
    case succeeded
    case failed
    case interrupted

    /// For people.
    var word: String {
      switch self {
      case .succeeded: "ok"
      case .failed: "FAILED"
      case .interrupted: "stopped"
      }
    }
  }

  struct PhaseRecord: Sendable, Equatable {
    let phase: Phase
    /// The share of the canary, in percent; nil where the phase is no step.
    var weight: Int?
    let began: Timestamp
    let duration: Duration
    let result: Result
    let note: String?

    /// For people: `gate`, `step 10 %`.
    var title: String { phase.title(weight: weight) }
  }

  let number: Int
  let environment: String
  let incoming: ReleaseName
  let outgoing: ReleaseName?
  let began: Timestamp
  var ended: Timestamp?
  var outcome: Outcome?
  var cause: String?
  /// What ends the cause, nil where the platform has not found it, or another run had it.
  var advice: CauseAdvice?
  var phases: [PhaseRecord] = []
  var checks: [PreflightCheck] = []
  var evidence: [RolloutEvidence] = []
  var replicas = ReplicaHistory()
  var probes: ProbeReport?
  var probesBegan: Timestamp?
  var samples: [ProbeSample] = []

  init(
    number: Int, environment: String, incoming: ReleaseName, outgoing: ReleaseName?,
    began: Timestamp
  ) {
    self.number = number
    self.environment = environment
    self.incoming = incoming
    self.outgoing = outgoing
    self.began = began
  }
}
