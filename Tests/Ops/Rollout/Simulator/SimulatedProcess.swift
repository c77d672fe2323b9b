import Core
import JSON

@testable import HTTPClient
@testable import Ops

/// One run of ops: its calls to a simulated cluster, what becomes of it amid them, and what goes on
/// beside them.
///
/// One thread runs a simulation from its beginning to its end.
final class SimulatedProcess: ClusterProxy, @unchecked Sendable {
  /// What happens to a process.
  enum Fate: Equatable {
    /// It is killed before a call is made, or once it was carried out and nobody hears of it.
    case killed(isCarriedOut: Bool)
    /// It is suspended until another one is done. The call is not made yet, or is on its way, and
    /// is carried out after all that.
    case suspended(isOnItsWay: Bool)
    /// Another one comes meanwhile.
    case rivalled
    /// A signal comes.
    case interrupted
  }

  private final class Worker {
    let pause: Duration
    let body: @Sendable () -> Bool
    var next: Duration
    init(_ pause: Duration, _ next: Duration, _ body: @escaping @Sendable () -> Bool) {
      (self.pause, self.next, self.body) = (pause, next, body)
    }
  }

  let name: String
  let context = "simulated"
  let socketPath = "/nowhere"
  let process: Int32? = nil
  let failure: ClusterFailure? = nil
  let interruption: Interruption
  /// When something happens to it, by the number of the call.
  var fate: (call: Int, what: Fate)?
  /// What others do meanwhile.
  var others: () -> Void = {}
  /// What it does first when it goes on.
  var wakes: () -> Void = {}
  /// Whether it has the lock, or believes so.
  var isHolding = false
  /// Whether it ever had it.
  var hasHeld = false
  /// Whether another one has its lock.
  var isOvertaken = false
  /// What it changed although another one had the lock.
  private(set) var lateWrites: [String] = []
  /// Whether a call of it that was on its way made something when another one had the lock.
  private(set) var hasMadeLate = false
  /// Whether it takes the time in which it was suspended for none: a mistake that is planted.
  let countsNoSleep: Bool

  private let api: SimulatedAPI
  private let time: SimulatedTime
  let faults: SimulatedFaults
  private var workers: [Worker] = []
  private(set) var calls = 0
  private(set) var isDead = false
  private var isSuspended = false
  private var slept = Duration.zero

  init(
    _ name: String, _ api: SimulatedAPI, _ time: SimulatedTime, _ faults: SimulatedFaults,
    countsNoSleep: Bool = false
  ) {
    (self.name, self.api, self.time, self.faults) = (name, api, time, faults)
    self.countsNoSleep = countsNoSleep
    interruption = Interruption(clock: time.clock)
    time.beside.append { [weak self] in self?.step() ?? false }
  }

  /// A client of the cluster for this process.
  var client: ClusterClient {
    let transport = ClusterTransport(self) { [unowned self] request in self.exchange(request) }
    return ClusterClient(transport, surroundings)
  }

  func end() { isDead = true }

  // MARK: Calls

  private func exchange(_ request: HTTPRequest) -> HTTPResponse {
    calls += 1
    if isDead { return Self.response(504, .null) }
    if let fate, fate.call <= calls, !time.isPassing {
      self.fate = nil
      if let response = meet(fate.what, request) { return response }
    }
    time.pass(time.cluster.generator.milliseconds(2...30))
    if faults.away.contains(where: { $0.contains(time.cluster.now) }) {
      time.pass(ClusterClient.callTimeoutDefault)
      return Self.response(504, .null)
    }
    return carryOut(request)
  }

  /// What becomes of the call amid which something happens; nil where it is made as if nothing had.
  private func meet(_ what: Fate, _ request: HTTPRequest) -> HTTPResponse? {
    switch what {
    case .killed(let isCarriedOut):
      if isCarriedOut { _ = carryOut(request) }
      end()
      interruption.raise("killed")
      return Self.response(504, .null)
    case .interrupted:
      interruption.raise("SIGTERM")
      return nil
    case .rivalled:
      others()
      return nil
    case .suspended(let isOnItsWay):
      let began = time.cluster.now
      let known = api[Self.path(of: request)]
      isSuspended = true
      others()
      isSuspended = false
      slept += time.cluster.now - began
      wakes()
      if isOnItsWay { return carryOut(request, onItsWayOver: known) }
      // Nothing is sent after its time.
      let isLate = !countsNoSleep && time.cluster.now - began > ClusterClient.callTimeoutDefault
      return isLate ? Self.response(504, .null) : nil
    }
  }

  private func carryOut(_ request: HTTPRequest) -> HTTPResponse {
    let answer = api.answer(request)
    if isOvertaken, answer.hasChanged { tellLateWrite(request) }
    return Self.response(answer.status, answer.body)
  }

  /// Carries a call out that was on its way while others went on; `known` is what it is about, as
  /// it was when the call was sent.
  private func carryOut(_ request: HTTPRequest, onItsWayOver known: JSONValue?) -> HTTPResponse {
    let path = Self.path(of: request)
    let isKnown = api[path] == known
    let answer = api.answer(request)
    // It can not be called back. Over memory or Deployment that somebody else has changed it must
    // meet another version; over what nobody has touched it comes as if it had come before, and
    // what was not there has no version to meet.
    let isGuarded = path == SimulatedAPI.deploymentPath || path.contains("rollout")
    if isOvertaken, answer.hasChanged {
      if isGuarded, !isKnown, known != nil { tellLateWrite(request) }
      hasMadeLate = hasMadeLate || known == nil
    }
    return Self.response(answer.status, answer.body)
  }

  private func tellLateWrite(_ request: HTTPRequest) {
    lateWrites.append("\(request.method) \(Self.path(of: request))")
  }

  private static func path(of request: HTTPRequest) -> String {
    String(request.url.dropFirst("http://localhost".count).prefix { $0 != "?" })
  }

  private static func response(_ status: Int, _ body: JSONValue) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: [], body: body.bytes(),
      timings: .init(connect: .zero, firstByte: .zero, total: .zero), madeConnection: false)
  }

  // MARK: What goes on beside

  private var surroundings: ClusterSurroundings {
    ClusterSurroundings(
      clock: RolloutClock(
        elapsed: { [unowned self] in
          time.clock.elapsed() - (countsNoSleep ? slept : .zero)
        }, pause: time.clock.pause),
      now: { [unowned self] in time.wall },
      watch: { [unowned self] _, selection, _, receive in watch(selection.kind, receive) },
      log: { client, log throws(ClusterFailure) in
        let call = ClusterCall(
          "get", .pod, namespace: log.namespace, name: log.pod, subresource: "log")
        _ = try client.ask(call, "GET")
        return Array("what \(log.pod) wrote last\n".utf8)
      },
      work: { [unowned self] _, pause, body in
        workers.append(Worker(pause, time.cluster.now, body))
      })
  }

  /// Calls `body` every `pause` from now on, unless the process is suspended or dead.
  func repeating(_ pause: Duration, _ body: @escaping @Sendable () -> Bool) {
    workers.append(Worker(pause, time.cluster.now, body))
  }

  private func watch(
    _ kind: ResourceKind, _ receive: @escaping @Sendable (ClusterChange) -> Void
  ) -> @Sendable () -> Void {
    let (time, cluster) = (time, time.cluster)
    let watch = SimulatedWatch(
      cluster, faults, SeededGenerator(cluster.generator.next()), kinds: [kind])
    cluster.watches.append(watch)
    let isStopped = Guarded(false)
    let told = Told(watch)
    repeating(SimulatedCluster.step) {
      if isStopped.withLock({ $0 }) {
        time.cluster.watches.removeAll { $0 === told.watch }
        return true
      }
      for change in told.watch.arrived(by: time.cluster.now) { receive(change) }
      return false
    }
    return { isStopped.withLock { $0 = true } }
  }

  /// Carries a watch to where it is read, on the one thread of the simulation.
  private final class Told: @unchecked Sendable {
    let watch: SimulatedWatch
    init(_ watch: SimulatedWatch) { self.watch = watch }
  }

  /// A moment of the cluster has passed; whether there is nothing more to do.
  private func step() -> Bool {
    if isDead { return true }
    guard !isSuspended else { return false }
    for worker in workers where worker.next <= time.cluster.now {
      worker.next = time.cluster.now + worker.pause
      if worker.body() { workers.removeAll { $0 === worker } }
    }
    return false
  }
}
