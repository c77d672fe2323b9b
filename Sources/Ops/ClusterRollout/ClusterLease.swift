import Core
import Crypto
import JSON
import POSIX

/// Who may change an environment of a cluster: the holder of a Lease in its namespace.
///
/// The Lease is read again before each change, and every write of it names the version that was
/// read. Each call that changes something is sent only while the Lease lasts longer than the call
/// may take; it is renewed first otherwise, which succeeds only where nobody took it over.
final class ClusterLease: EnvironmentLock {
  /// How long a cluster that does not answer keeps a change waiting.
  static let patience: Duration = .seconds(60)
  private static let pause: Duration = .milliseconds(250)
  /// How often a Lease that somebody else touched is read again.
  private static let attemptsMax = 5

  private let client: ClusterClient
  private let names: ClusterNames
  private let clock: @Sendable () -> Duration
  /// Whether nobody wants to wait any longer.
  private let isStopping: @Sendable () -> Bool
  private let state = Guarded(State())

  private struct State {
    var hold: LeaseHold?
    /// Why the Lease is no longer ours, once that is known: it never is again.
    var loss: LockFailure?
  }

  /// `clock` counts on while the process or the machine sleeps, and does not jump.
  init(
    _ client: ClusterClient, _ names: ClusterNames,
    clock: (@Sendable () -> Duration)? = nil,
    isStopping: @escaping @Sendable () -> Bool = { false }
  ) {
    (self.client, self.names, self.isStopping) = (client, names, isStopping)
    self.clock = clock ?? client.surroundings.clock.elapsed
  }

  private var time: RolloutClock { client.surroundings.clock }
  private var now: Timestamp { client.surroundings.now() }

  func acquire(purpose: String) throws(LockFailure) -> LockHolder {
    let own = ProcessMark.own
    let host = ProcessInfo.hostName
    let identity = LeaseIdentity(
      host: host, process: ProcessInfo.identifier, word: Hexadecimal.encode(RandomBytes.make(8)))
    var machine = LeaseMachine(.init(identity: identity, purpose: purpose, process: own))
    var event = LeaseMachine.Event.seen(try patientlyRead(), at: clock())
    while true {
      let action = machine.handle(event, now: now) { record in
        LeaseIdentity(record.identity)?.host == host
          && record.process?.hasEnded(seenFrom: own) ?? false
      }
      switch action {
      case .refuse(let holder): throw .held(holder)
      case .wait(let duration):
        if isStopping() { throw .unusable("interrupted while waiting for it") }
        time.pause(duration)
        event = .seen(try patientlyRead(), at: clock())
      case .take(var record):
        // Whoever deletes a Lease that is in the way deletes the count with it.
        record.fence = max(record.fence, try numberCarried() + 1)
        let began = clock()
        do throws(ClusterFailure) {
          let taken = try write(record)
          state.withLock { $0 = State(hold: LeaseHold(taken, at: began)) }
          return taken.holder
        } catch  where error.reason == .conflict || error.reason == .alreadyExists {
          event = .overtaken
        } catch {
          throw LockFailure(error)
        }
      }
    }
  }

  func renew(_ holder: LockHolder) throws(LockFailure) { try renew(number: holder.fence) }

  func release(_ holder: LockHolder) {
    for _ in 1...Self.attemptsMax {
      guard let record = try? readOurs(holder.fence).record else { break }
      do throws(ClusterFailure) {
        try write(LeaseHold.release(of: record, now: now))
        break
      } catch {
        guard error.reason == .conflict else { break }
      }
    }
    state.withLock { $0.loss = .lost(nil) }
  }

  func whileHeld<Result>(
    _ holder: LockHolder, _ body: () throws(LockFailure) -> Result
  ) throws(LockFailure) -> Result {
    try patiently { () throws(LockFailure) in
      if case .overdue = try readOurs(holder.fence).standing { try renew(holder) }
    }
    let result = try body()
    // What failed within because the Lease went meanwhile is no failure of what was done.
    if let loss = state.withLock({ $0.loss }) { throw loss }
    return result
  }

  func mayBeTaken(_ holder: LockHolder) -> Bool {
    do throws(LockFailure) {
      return try readOurs(holder.fence).standing != .ours
    } catch {
      let lasts = state.withLock { $0.hold?.lasts(.zero, from: clock()) ?? false }
      return error.isOvertaken || !lasts
    }
  }

  func holder() throws(LockFailure) -> LockHolder? {
    guard let record = try patientlyRead(), !record.isFree else { return nil }
    // Only a look: the clocks of two machines are close enough for a screen.
    let holder = record.holder
    return holder.until > now && holder.isAlive ? holder : nil
  }
}

extension ClusterLease {
  private func patientlyRead() throws(LockFailure) -> LeaseRecord? {
    try patiently { () throws(LockFailure) in try read() }
  }

  private func read() throws(LockFailure) -> LeaseRecord? {
    do {
      return try client.get(.lease, names.lease, in: names.namespace).map(LeaseRecord.init)
    } catch {
      throw LockFailure(error)
    }
  }

  /// The Lease as it is; throws where it is not ours any more.
  private func readOurs(
    _ number: Int64
  ) throws(LockFailure) -> (record: LeaseRecord, standing: LeaseHold.Standing) {
    let (known, loss) = state.withLock { ($0.hold, $0.loss) }
    if let loss { throw loss }
    guard let known, known.fence == number else { throw .lost(nil) }
    let record = try read()
    let standing = known.standing(record, at: clock())
    if case .lost(let other) = standing { throw lose(to: other) }
    guard let record else { throw lose(to: nil) }
    return (record, standing)
  }

  /// The highest number that what a holder wrote still carries.
  private func numberCarried() throws(LockFailure) -> Int64 {
    var number: Int64 = 0
    for (kind, name) in [(ResourceKind.configMap, names.state), (.deployment, names.service)] {
      let object = try patiently { () throws(LockFailure) in try written(kind, name) }
      number = max(number, KeptText.fence(of: object))
    }
    return number
  }

  private func written(
    _ kind: ResourceKind, _ name: String
  ) throws(LockFailure) -> JSONValue? {
    do throws(ClusterFailure) {
      return try client.get(kind, name, in: names.namespace)
    } catch {
      // Who may not read it is told so by whatever needs it next.
      if error.reason == .forbidden { return nil }
      throw LockFailure(error)
    }
  }

  private func lose(to other: LockHolder?) -> LockFailure {
    state.withLock { $0.loss = .lost(other) }
    return .lost(other)
  }

  private func renew(number: Int64) throws(LockFailure) {
    for _ in 1...Self.attemptsMax {
      let began = clock()
      let record = try readOurs(number).record
      do throws(ClusterFailure) {
        try write(LeaseHold.renewal(of: record, now: now))
        state.withLock { $0.hold?.renewed(at: began) }
        return
      } catch  where error.reason == .conflict {
        continue
      } catch {
        throw LockFailure(error)
      }
    }
    throw .unusable("the Lease \(names.lease) is changed by others all the time")
  }

  @discardableResult
  private func write(_ record: LeaseRecord) throws(ClusterFailure) -> LeaseRecord {
    let object = record.object(names.lease, of: names)
    let written =
      record.resourceVersion == nil
      ? try client.create(.lease, object, in: names.namespace)
      : try client.replace(.lease, object, in: names.namespace)
    return LeaseRecord(written)
  }

  /// Asks again while the cluster does not answer, for as long as that is worth it.
  private func patiently<Value>(
    _ body: () throws(LockFailure) -> Value
  ) throws(LockFailure) -> Value {
    let end = time.elapsed() + Self.patience
    while true {
      do throws(LockFailure) {
        return try body()
      } catch {
        guard error.mayEnd, time.elapsed() < end, !isStopping() else { throw error }
        time.pause(Self.pause)
      }
    }
  }
}

extension ClusterLease {
  /// The number of our hold, 0 before there is one.
  var number: Int64 { state.withLock { $0.hold?.fence ?? 0 } }

  /// The same client, which changes nothing while the Lease does not last as long as the call.
  func fencing(_ client: ClusterClient) -> ClusterClient {
    var fenced = client
    fenced.permit = { [self] time throws(ClusterFailure) in try permit(time) }
    return fenced
  }

  /// Throws where `number`, which something of ours carries, is of a later holder.
  func checkNumber(_ number: Int64) throws(ClusterFailure) {
    guard number > self.number else { return }
    let loss = LockFailure.outrun(by: number, own: self.number)
    state.withLock { $0.loss = loss }
    throw refusal(loss)
  }

  /// The deadline of a call that takes up to `time`.
  ///
  /// It is set before the Lease is looked at: whoever sleeps after that look wakes up too late to
  /// send anything.
  private func permit(_ time: Duration) throws(ClusterFailure) -> Deadline {
    for _ in 1...Self.attemptsMax {
      let deadline = Deadline.after(time)
      let (hold, loss) = state.withLock { ($0.hold, $0.loss) }
      guard let hold, loss == nil else { throw refusal(loss ?? .lost(nil)) }
      if hold.lasts(time, from: clock()) { return deadline }
      do throws(LockFailure) {
        try renew(number: hold.fence)
      } catch {
        throw refusal(error)
      }
    }
    throw refusal(.unusable("it is over before a call would be"))
  }

  private func refusal(_ failure: LockFailure) -> ClusterFailure {
    let reason: ClusterFailure.Reason = failure.mayEnd ? .unreachable : .cancelled
    return ClusterFailure(
      reason: reason, context: client.context, call: nil, message: "\(failure)")
  }

  /// Writes again while the cluster does not answer, or somebody else was faster.
  func patiently(
    overtakenMax: Int, _ body: () throws(ClusterFailure) -> Void
  ) throws(ClusterFailure) {
    let end = time.elapsed() + Self.patience
    var overtaken = 0
    while true {
      do throws(ClusterFailure) {
        return try body()
      } catch {
        if error.reason == .conflict || error.reason == .alreadyExists {
          overtaken += 1
          guard overtaken < overtakenMax else { throw error }
        } else {
          guard error.mayPass, time.elapsed() < end, !isStopping() else { throw error }
          time.pause(Self.pause)
        }
      }
    }
  }
}

extension LockFailure {
  /// What the cluster did not do with its Lease.
  fileprivate init(_ failure: ClusterFailure) {
    self = failure.mayPass ? .unheard(failure.words) : .unusable(failure.words)
  }

  /// Whether it says nothing of whose the lock is.
  fileprivate var mayEnd: Bool {
    switch self {
    case .unusable, .unheard: true
    case .held, .lost, .outrun: false
    }
  }
}
