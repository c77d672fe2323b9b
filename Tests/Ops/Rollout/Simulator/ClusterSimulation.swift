import Core
import JSON

@testable import Ops

/// One rollout to a simulated cluster from a seed: the real target, lock, journal and memory, run
/// by processes that are killed, suspended, and succeeded by others amid any call.
///
/// One thread runs a simulation from its beginning to its end.
final class ClusterSimulation: @unchecked Sendable {
  /// What a process is started for.
  enum Errand: String {
    case begin = "rollout"
    case resume
    case abort
  }

  /// What came of it.
  struct Report: Equatable {
    let conduct: SimulatedRelease.Conduct
    let outcome: Outcome
    /// Each process: its errand, its end, and what befell it.
    let story: [String]
    var violations: [String]
  }

  /// What came of the last process that nobody has overtaken.
  private struct End {
    let process: SimulatedProcess
    let outcome: Outcome
    let target: WatchedTarget
    let clients: SimulatedClients
    let cause: String?
  }

  /// Processes for one rollout; more are a mistake of the simulation or of the rollout.
  private static let processesMax = 12

  let scenario: Scenario
  private let place: SimulatedPlace
  private let cluster: SimulatedCluster
  private let time: SimulatedTime
  private let api: SimulatedAPI
  private var generator: SeededGenerator
  private var processes: [SimulatedProcess] = []
  private var story: [String] = []
  /// How long the API was away in all.
  private var awayTime = Duration.zero
  private var violations: [String] = []
  private var last: End?
  /// The clients of all processes.
  private var clients: [SimulatedClients] = []

  init(_ scenario: Scenario, _ place: SimulatedPlace) {
    (self.scenario, self.place) = (scenario, place)
    cluster = SimulatedCluster(scenario.generator)
    time = SimulatedTime(cluster)
    api = SimulatedAPI(
      cluster, [scenario.incoming] + (scenario.outgoing.map { [$0] } ?? []),
      replicas: scenario.replicas)
    generator = scenario.generator
  }

  /// Plays it to its end.
  func play() throws -> Report {
    try settle()
    var errand = Errand.begin
    repeat {
      let outcome = try go(errand, mayMeetFate: true)
      errand = next(after: outcome)
    } while isOpen && processes.count < Self.processesMax
    let outcome = last?.outcome ?? .interrupted
    if isOpen { violations.append("did not end within \(processes.count) processes") }
    var oracle = Oracle(scenario, last?.process.faults ?? scenario.faults, cluster)
    oracle.hasMadeLate = processes.contains(where: \.hasMadeLate)
    violations += try oracle.violations(
      last?.target, last?.clients, outcome, remembered: remembered())
    violations += oracle.unreasonable(
      outcome, failed: clients.reduce(0) { $0 + $1.failures.count },
      away: awayTime, last?.cause)
    if cluster.canary != nil, !isOpen { try takeLeftOversAway() }
    return Report(
      conduct: scenario.incoming.conduct, outcome: outcome, story: story, violations: violations)
  }

  /// What a late call has left behind the next rollout takes away.
  private func takeLeftOversAway() throws {
    var errand = Errand.begin
    for _ in 0..<Self.processesMax {
      _ = try go(errand, mayMeetFate: false)
      if !isOpen { break }
      errand = .resume
    }
    if cluster.canary != nil { violations.append("a canary is left by the next rollout as well") }
  }

  private var isOpen: Bool { last == nil || last?.outcome == .interrupted }

  private func next(after outcome: Outcome) -> Errand {
    // A rollout that had not begun yet is begun once more.
    if outcome == .refused { return .begin }
    return generator.happens(0.5) ? .resume : .abort
  }

  /// Makes the old release serve, as an earlier rollout would have left it.
  private func settle() throws {
    if let outgoing = scenario.outgoing {
      let setup = SimulatedProcess("setup", api, time, .init())
      let site = try place.site(setup)
      let holder = try site.lock.acquire(purpose: "setup")
      for object in place.objects(outgoing) where !object.isMigration {
        try site.client.apply(object.kind, object.json, in: object.namespace)
      }
      cluster.settle()
      var state = RolloutState<ClusterRelease>()
      state.number = 1
      state.replaceCurrent(with: place.release(outgoing, number: 1))
      try site.manifests.keep(place.objects(outgoing), of: 1)
      try site.save(state)
      site.lock.release(holder)
      setup.end()
    }
    let now = cluster.now
    cluster.troubleEnds = now + SimulatedRelease.troubleMax
    cluster.autoscaling = scenario.autoscaling.map { (now + $0.at, $0.replicas) }
    cluster.oldPodsCrash = scenario.oldPodsCrash.map { now + $0 }
    time.jumps = scenario.jumps.map { (now + $0.at, $0.by) }
  }

  /// Runs a process to its end.
  private func go(_ errand: Errand, mayMeetFate: Bool) throws -> Outcome {
    // To those that come later other things happen.
    let faults = processes.isEmpty ? scenario.faults : SimulatedFaults(&generator)
    let began = cluster.now
    let process = SimulatedProcess(
      "\(processes.count + 1)", api, time, faults.beginning(at: began),
      countsNoSleep: scenario.mutation == .countsNoSleep)
    processes.append(process)
    let fate = mayMeetFate && generator.happens(processes.count == 1 ? 0.8 : 0.3) ? draw() : nil
    process.fate = fate
    process.others = { [unowned self, unowned process] in
      violate { try others(of: process, fate?.what) }
    }
    let outcome = perform(errand, process)
    process.end()
    awayTime += process.faults.awayTime(from: began, to: cluster.now)
    story.append(
      "\(process.name) \(errand.rawValue): \(outcome.rawValue)"
        + (fate.map { ", \($0.what) at call \($0.call) of \(process.calls)" } ?? ""))
    violations += process.lateWrites.map { "process \(process.name) wrote too late: \($0)" }
    return outcome
  }

  private func draw() -> (call: Int, what: SimulatedProcess.Fate) {
    // Nothing but sleep shows whether that is counted.
    if scenario.mutation == .countsNoSleep {
      return (Int.random(in: 1...90, using: &generator), .suspended(isOnItsWay: false))
    }
    let fates: [SimulatedProcess.Fate] = [
      .killed(isCarriedOut: false), .killed(isCarriedOut: true), .suspended(isOnItsWay: false),
      .suspended(isOnItsWay: true), .rivalled, .interrupted,
    ]
    return (
      Int.random(in: 1...90, using: &generator),
      fates[Int.random(in: fates.indices, using: &generator)]
    )
  }

  /// What others do while a process is suspended, or beside it.
  private func others(of process: SimulatedProcess, _ fate: SimulatedProcess.Fate?) throws {
    let (began, wasHolding) = (cluster.now, process.isHolding && !process.isOvertaken)
    let outcome = try go(generator.happens(0.5) ? .resume : .abort, mayMeetFate: false)
    // Where the first one could renew its lock all the time, nobody else has it; a rival that can
    // not ask ends without it.
    guard fate == .rivalled, wasHolding, processes.last?.hasHeld == true,
      process.faults.awayTime(from: began - LeaseHold.timeToLive, to: cluster.now) == .zero
    else { return }
    violations.append("a second run was let in: \(outcome.rawValue)")
  }

  private func violate(_ body: () throws -> Void) {
    do { try body() } catch { violations.append("\(error)") }
  }

  private func perform(_ errand: Errand, _ process: SimulatedProcess) -> Outcome {
    do {
      let site = try place.site(process)
      let holder = try site.lock.acquire(purpose: errand.rawValue)
      for other in processes where other !== process && other.isHolding { other.isOvertaken = true }
      process.isHolding = true
      process.hasHeld = true
      defer {
        site.lock.release(holder)
        process.isHolding = false
      }
      renew(site.lock, holder, process)
      return try perform(errand, process, site, holder)
    } catch let failure as LockFailure {
      if case .held = failure { return .locked }
      return .interrupted
    } catch is RolloutRefusal {
      return .refused
    } catch {
      return .interrupted
    }
  }

  private func renew(
    _ lock: any EnvironmentLock, _ holder: LockHolder, _ process: SimulatedProcess
  ) {
    process.repeating(LockHolder.renewInterval) { [unowned process] in
      do throws(LockFailure) {
        try lock.renew(holder)
      } catch {
        if case .lost = error, process.isHolding { process.interruption.raise("\(error)") }
      }
      return !process.isHolding
    }
  }

  /// What `Rollouts` does, but for what it prints and writes beside.
  private func perform(
    _ errand: Errand, _ process: SimulatedProcess, _ site: ClusterSite, _ holder: LockHolder
  ) throws -> Outcome {
    let rollouts = Rollouts(site: site, context: .silent, interruption: process.interruption)
    guard errand == .begin else {
      let state = try site.load()
      let (release, summary, baseline) = try rollouts.takeOver(errand.rawValue, state, holder)
      let machine =
        errand == .resume ? RolloutMachine(resuming: summary) : RolloutMachine(aborting: summary)
      let former = rollouts.former(of: release, summary, state)
      var request = RolloutRequest()
      request.skipSteps = scenario.skipsSteps
      return try run(
        process, site, holder, release, former, request.continuing(summary.request), machine,
        baseline)
    }
    var state = try rollouts.readyState()
    state.number = try rollouts.nextNumber(state)
    let release = place.release(scenario.incoming, number: state.number)
    try site.lock.whileStillHeld(holder) {
      try site.manifests.keep(place.objects(scenario.incoming), of: state.number)
    }
    try site.lock.whileStillHeld(holder) { try site.save(state) }
    return try run(
      process, site, holder, release, state.current, RolloutRequest(), RolloutMachine(), nil)
  }

  private func run(
    _ process: SimulatedProcess, _ site: ClusterSite, _ holder: LockHolder,
    _ release: ClusterRelease, _ former: ClusterRelease?, _ request: RolloutRequest,
    _ machine: RolloutMachine, _ baseline: Baseline?
  ) throws -> Outcome {
    let target = WatchedTarget(try site.target(release, over: former, request), time)
    var machine = machine
    machine.take(steps: target.canary?.steps.count ?? 0)
    let journal = site.journal(release.number)
    try site.lock.whileStillHeld(holder) {
      if try journal.entries().isEmpty {
        try journal.append("begin", request.json(bringing: release, over: former))
      }
    }
    let clients = SimulatedClients(
      cluster, ratePerSecond: scenario.policy.probeRate, SeededGenerator(generator.next()))
    self.clients.append(clients)
    process.repeating(SimulatedCluster.step) {
      clients.step()
      return false
    }
    process.wakes = { clients.skip() }
    let setting = RolloutRun.Setting(
      target: target, journal: journal, lock: site.lock, holder: holder,
      interruption: process.interruption, view: .silent, number: release.number,
      fromBroken: false, timeout: scenario.timeout, restIn: nil, probes: { clients })
    let run = RolloutRun(setting, machine: machine, baseline: baseline)
    var outcome = run.run()
    // Who is overtaken once all is written down, before the lock is given back, has ended.
    if process.isOvertaken, outcome.isOfWholeRun {
      violations.append("process \(process.name) ended as \(outcome.rawValue), though overtaken")
    }
    // Of one that was killed only what it had written down is known.
    if process.isDead { outcome = try written(release.number) ?? .interrupted }
    if !process.isOvertaken {
      last = End(
        process: process, outcome: outcome, target: target, clients: clients,
        cause: run.machine.cause)
    }
    return outcome
  }

  private func written(_ number: Int) throws -> Outcome? {
    let reader = SimulatedProcess("reader", api, time, .init())
    defer { reader.end() }
    return JournalSummary(try place.site(reader).journal(number).entries())?.outcome
  }

  /// The revision that is remembered as the one that serves.
  private func remembered() throws -> String? {
    let reader = SimulatedProcess("reader", api, time, .init())
    defer { reader.end() }
    return try place.site(reader).load().current?.revision
  }
}
