import Core
import HTTPClient
import POSIX

/// What is polled, how often, and how.
struct ProberSettings: Sendable, Equatable {
  /// The URL that is polled.
  var url: String
  /// A unix socket in place of the URL's host, to observe one replica privately.
  var unixSocketPath: String?
  /// Where answers name the revision that gave them.
  var revision = RevisionSource.header("X-Revision")
  /// A file of certificates to trust in place of the system's.
  var certificateAuthorityPath: String?
  /// How the way to the service marks its own answers; nil where none may.
  var mark: ProbeMark?
  /// Probes per second, both classes together; every second one is on a new connection.
  var ratePerSecond = 20
  /// Time for one probe.
  var timeout: Duration = .seconds(2)
  /// Connections that the kept class may use in turn, so that it meets more than one replica.
  var keptConnectionsMax = 4
  /// How long one of them rests between two probes, where the rate allows: a replica that leaves
  /// says so in its answers while it drains, and cuts whoever did not ask in that time.
  var restMax: Duration = .seconds(1)
  /// Most probes without an answer; further ones are skipped and counted.
  var inFlightMax = 4096
  /// Most samples that wait to be fetched.
  var bufferSamplesMax = 100_000

  /// A probe that goes out so long after it was due is late, which is the prober's own doing.
  var latenessMax: Duration = .milliseconds(250)
  /// A probe that could not go out for so long is skipped: sending all of them now would be a
  /// burst.
  var overdueMax: Duration = .seconds(1)

  /// The highest rate that may be asked for.
  static let ratePerSecondMax = 5000

  init(url: String) { self.url = url }

  /// Connections that the kept class uses at this rate.
  var keptConnections: Int {
    let wanted = Double(ratePerSecond) / 2 * restMax.inSeconds
    return min(keptConnectionsMax, max(1, Int(wanted)))
  }

  /// When probe `number` is due, counted from the start.
  func due(_ number: Int) -> Duration {
    .microseconds(Int64(number) * 1_000_000 / Int64(max(1, ratePerSecond)))
  }
}

/// Polls a service at a fixed rate on a thread of its own, whatever the service does.
///
/// The loop is open: the next probe goes out when it is due, not when the last one was answered,
/// since a client's wish does not wait either.
final class Prober: Sendable {
  /// When it started, to place samples in time.
  let startedAt = Timestamp.now()
  private let start = ContinuousClock.now
  private let settings: ProberSettings
  private let shared = Guarded(Shared())

  private struct Shared {
    var samples: [ProbeSample] = []
    var health = ProberHealth()
    var stopping = false
    var ended = false
  }

  /// Starts polling.
  init(_ settings: ProberSettings) throws(SystemError) {
    self.settings = settings
    try WorkThread.detach("prober") { [self] in
      run()
      shared.withLock { $0.ended = true }
    }
  }

  /// Time since the start, the clock of all samples.
  var elapsed: Duration { start.duration(to: .now) }

  /// The samples since the last call, in the order in which they ended, and the prober's health.
  func fetch() -> (samples: [ProbeSample], health: ProberHealth) {
    shared.withLock { shared in
      defer { shared.samples = [] }
      return (shared.samples, shared.health)
    }
  }

  /// Sends no further probe, waits for those in flight, and gives the last samples.
  func stop() -> (samples: [ProbeSample], health: ProberHealth) {
    shared.withLock { $0.stopping = true }
    let deadline = Deadline.after(settings.timeout + .seconds(5))
    while !shared.withLock({ $0.ended }), !deadline.hasPassed {
      WorkThread.sleep(.milliseconds(2))
    }
    return fetch()
  }

  /// Sends no further probe and waits for nothing.
  func cancel() { shared.withLock { $0.stopping = true } }

  private func run() {
    guard var loop = try? ProberLoop(settings) else { return }
    while true {
      let stopping = shared.withLock { $0.stopping }
      if stopping, loop.isIdle { return }
      if !stopping { loop.sendDue(at: { elapsed }) }
      let samples = loop.wait(at: { elapsed }, stopping: stopping)
      let health = loop.health
      let limit = settings.bufferSamplesMax
      shared.withLock { shared in
        let kept = min(samples.count, max(0, limit - shared.samples.count))
        shared.samples += samples.prefix(kept)
        let dropped = shared.health.dropped + samples.count - kept
        shared.health = health
        shared.health.dropped = dropped
      }
    }
  }
}

/// The state of the prober's thread.
private struct ProberLoop: ~Copyable {
  private(set) var health = ProberHealth()
  /// The oldest probe that has no answer yet, or the next one.
  private var oldest = 0

  private let settings: ProberSettings
  private var engine: TransferEngine
  private var number = 0
  private var flights: [UInt64: ProbeSample] = [:]
  private var failedAtOnce: [ProbeSample] = []
  private var template: HTTPRequest

  /// How often a loop without anything to do looks whether it shall stop.
  private static let idleWaitMax: Duration = .milliseconds(20)

  init(_ settings: ProberSettings) throws(HTTPClientError) {
    self.settings = settings
    self.engine = try TransferEngine(lanes: 1 + settings.keptConnections)
    self.template = HTTPRequest(settings.url, unixSocketPath: settings.unixSocketPath)
    template.keepsBody = settings.revision.needsBody
    template.bodyBytesMax = RevisionSource.bodyBytesMax
    template.certificateAuthorityPath = settings.certificateAuthorityPath
    template.connectTimeout = settings.timeout
    // A client whose connection dies under its request has lost the request: count it.
    template.resendsOnDeadConnection = false
  }

  var isIdle: Bool { flights.isEmpty }

  /// Sends every probe that is due.
  mutating func sendDue(at clock: () -> Duration) {
    while case let due = settings.due(number), case let now = clock(), due <= now {
      let lateness = now - due
      if flights.count >= settings.inFlightMax || lateness > settings.overdueMax {
        health.skipped += 1
      } else {
        send(due, lateness)
      }
      number += 1
    }
  }

  private mutating func send(_ due: Duration, _ lateness: Duration) {
    let isFresh = number.isMultiple(of: 2)
    template.connection = isFresh ? .fresh : .kept
    template.deadline = .after(settings.timeout)
    var sample = ProbeSample(
      probeClass: isFresh ? .fresh : .kept, dueAt: due, lateness: lateness, total: .zero,
      outcome: .failure(.other))
    health.sent += 1
    health.latenessWorst = max(health.latenessWorst, lateness)
    if lateness > settings.latenessMax { health.late += 1 }
    let lane = isFresh ? 0 : 1 + number / 2 % settings.keptConnections
    do throws(HTTPClientError) {
      try engine.start(template, token: UInt64(number), lane: lane)
      flights[UInt64(number)] = sample
    } catch {
      sample.outcome = .failure(error.kind)
      sample.words = error.message
      failedAtOnce.append(sample)
    }
  }

  /// Waits for answers until the next probe is due; what ended meanwhile.
  mutating func wait(at clock: () -> Duration, stopping: Bool) -> [ProbeSample] {
    var samples = failedAtOnce
    failedAtOnce = []
    let untilDue = stopping ? Self.idleWaitMax : settings.due(number) - clock()
    let completions = engine.run(.after(max(.zero, min(Self.idleWaitMax, untilDue))))
    let now = clock()
    for completion in completions {
      guard var sample = flights.removeValue(forKey: completion.token) else { continue }
      switch completion.result {
      case .failure(let error) where error.kind == .exhausted:
        // No client of the service lost anything: this machine could not even ask.
        health.skipped += 1
        continue
      case .success(let response):
        sample.connect = response.timings.connect
        sample.total = response.timings.total
        sample.outcome = settings.mark?.outcome(of: response) ?? .status(response.status)
        sample.revision = settings.revision.revision(of: response)
      case .failure(let error):
        sample.total = max(.zero, now - sample.dueAt - sample.lateness)
        sample.outcome = .failure(error.kind)
        sample.words = error.message
      }
      samples.append(sample)
    }
    while oldest < number, flights[UInt64(oldest)] == nil { oldest += 1 }
    health.unanswered = oldest < number ? settings.due(oldest) : nil
    return samples
  }
}
