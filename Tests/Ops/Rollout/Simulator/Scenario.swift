import Core

@testable import Ops

/// A mistake that is planted, to see that the simulator finds it.
enum Mutation: String, Sendable, CaseIterable {
  /// Pods of the old release are judged too.
  case judgesOldPods
  /// What may heal is given no time.
  case hasNoPatience
  /// More failed requests are forgiven than the policy says.
  case forgivesClients
  /// The way back takes away what is there.
  case leavesNothing
  /// The time in which a run was suspended is taken for none.
  case countsNoSleep
  /// The way back waits for something that does not come.
  case waitsForEver

  /// What the property says that it breaks.
  var symptom: String {
    switch self {
    case .judgesOldPods: "of another release"
    case .hasNoPatience: "a good release"
    case .forgivesClients: "failed requests"
    case .leavesNothing: "nothing serves"
    case .countsNoSleep: "wrote too late"
    case .waitsForEver: "did not end in time"
    }
  }

  /// Whether it shows in processes, and not in what is decided of a release.
  var isOfProcesses: Bool { self == .countsNoSleep }
}

/// What a seed makes happen.
struct Scenario {
  let seed: UInt64
  let mutation: Mutation?
  let outgoing: SimulatedRelease?
  let incoming: SimulatedRelease
  let replicas: Int
  let policy: RolloutPolicy
  /// Failed requests that are forgiven.
  let failedMax: Int
  private(set) var faults: SimulatedFaults
  let autoscaling: [(at: Duration, replicas: Int)]
  let oldPodsCrash: [Duration]
  let jumps: [(at: Duration, by: Duration)]
  let suspended: [(at: Duration, length: Duration)]
  /// When the run is interrupted, by a signal or by a lost lock.
  let interruptions: [(at: Duration, losesLock: Bool)]
  /// Whether an interrupted run is resumed; it is aborted otherwise.
  let isResumed: Bool
  /// The steps of a canary, and whether a Gateway weighs it.
  let steps: [RolloutStep]
  let isWeighed: Bool
  /// Which releases leave the number of their replicas to an autoscaler.
  let isAutoscaled: (old: Bool, new: Bool)
  /// Whether those who go on with an interrupted rollout pass its steps over.
  let skipsSteps: Bool
  var generator: SeededGenerator

  /// The bound of the whole; short in every fifth seed.
  var timeout: Duration { seed % 5 == 3 ? .seconds(120) : .seconds(600) }

  init(seed: UInt64, policies: SimulatedPolicies, mutation: Mutation? = nil) {
    var random = SeededGenerator(seed)
    self.seed = seed
    self.mutation = mutation
    typealias Conduct = SimulatedRelease.Conduct
    let isGood = random.happens(0.5)
    let conducts = Conduct.allCases.filter { $0.isGood == isGood }
    incoming = SimulatedRelease(
      revision: "new", conduct: conducts[Int.random(in: conducts.indices, using: &random)])
    outgoing =
      random.happens(0.9) ? SimulatedRelease(revision: "old", conduct: .good) : nil
    replicas = Int.random(in: 1...4, using: &random)
    let wanted = policies.all[Int.random(in: policies.all.indices, using: &random)]
    failedMax = wanted.failedMax
    policy = mutation == .forgivesClients ? policies.lenient : wanted
    faults = SimulatedFaults(&random)
    autoscaling = random.times(0.3).map { ($0, Int.random(in: 1...5, using: &random)) }
    oldPodsCrash = random.times(0.4)
    jumps = random.times(0.3).map {
      ($0, .seconds([-3600, -20, 20, 3600, 86_400].randomElement(using: &random) ?? 0))
    }
    suspended = random.times(0.05).map { ($0, random.milliseconds(5000...40_000)) }
    interruptions = random.times(0.15).map { ($0, random.happens(0.3)) }
    isResumed = random.happens(0.5)
    steps = Self.steps(&random)
    isWeighed = random.happens(0.5)
    isAutoscaled = (random.happens(0.4), random.happens(0.5))
    skipsSteps = random.happens(0.3)
    generator = random
  }

  private static func steps(_ random: inout SeededGenerator) -> [RolloutStep] {
    guard random.happens(0.4) else { return [] }
    let weights = [[50], [30, 50], [20, 35, 50]].randomElement(using: &random) ?? []
    return weights.map { RolloutStep(weight: $0, time: random.milliseconds(1000...8000)) }
  }

  /// A release over an old one, and nothing else that happens than an API that is away at times.
  init(
    undisturbed conduct: SimulatedRelease.Conduct, seed: UInt64, policies: SimulatedPolicies,
    away: [ClosedRange<Duration>] = [], steps: [RolloutStep] = []
  ) {
    self.seed = seed
    mutation = nil
    incoming = SimulatedRelease(revision: "new", conduct: conduct)
    outgoing = SimulatedRelease(revision: "old", conduct: .good)
    replicas = 2
    policy = policies.all[0]
    failedMax = policy.failedMax
    faults = SimulatedFaults(away: away)
    (autoscaling, oldPodsCrash, jumps, suspended, interruptions) = ([], [], [], [], [])
    isResumed = true
    (self.steps, isWeighed, isAutoscaled, skipsSteps) = (steps, false, (false, false), false)
    generator = SeededGenerator(seed)
  }

  /// The same with all that is planned counted from `began`.
  func beginning(at began: Duration) -> Scenario {
    var scenario = self
    scenario.faults = faults.beginning(at: began)
    return scenario
  }
}
