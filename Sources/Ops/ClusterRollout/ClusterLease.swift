import Core
import Crypto
import JSON
import POSIX

/// Who may change an environment of a cluster: the holder of a Lease in its namespace.
///
/// The Lease is read again before each change, and every write of it names the version that was
/// read. A holder past its time changes nothing until a renewal has succeeded, which it can only
/// where nobody took the Lease over meanwhile.
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
  private let hold = Guarded<LeaseHold?>(nil)

  /// `clock` counts on while the process or the machine sleeps, and does not jump.
  init(
    _ client: ClusterClient, _ names: ClusterNames,
    clock: @escaping @Sendable () -> Duration = ClusterLease.elapsed,
    isStopping: @escaping @Sendable () -> Bool = { false }
  ) {
    (self.client, self.names, self.clock, self.isStopping) = (client, names, clock, isStopping)
  }

  private static let origin = ContinuousClock.now
  /// The time since this process first asked.
  @Sendable static func elapsed() -> Duration { origin.duration(to: .now) }

  func acquire(purpose: String) throws(LockFailure) -> LockHolder {
    let word = Hexadecimal.encode(RandomBytes.make(8))
    var machine = LeaseMachine(
      .init(
        identity: LeaseIdentity(
          host: ProcessInfo.hostName, process: ProcessInfo.identifier,
          word: word), purpose: purpose))
    var event = LeaseMachine.Event.seen(try patientlyRead(), at: clock())
    while true {
      switch machine.handle(event, now: .now(), isGone: Self.isGone) {
      case .refuse(let holder): throw .held(holder)
      case .wait(let duration):
        if isStopping() { throw .unusable("interrupted while waiting for it") }
        WorkThread.sleep(duration)
        event = .seen(try patientlyRead(), at: clock())
      case .take(let record):
        let began = clock()
        do throws(ClusterFailure) {
          let taken = try write(record)
          hold.withLock { $0 = LeaseHold(taken, at: began) }
          return taken.holder
        } catch  where error.reason == .conflict || error.reason == .alreadyExists {
          event = .overtaken
        } catch {
          throw .unusable("\(error)")
        }
      }
    }
  }

  func renew(_ holder: LockHolder) throws(LockFailure) {
    for _ in 1...Self.attemptsMax {
      let began = clock()
      let record = try readOurs(holder).record
      do throws(ClusterFailure) {
        try write(LeaseHold.renewal(of: record, now: .now()))
        hold.withLock { $0?.renewed(at: began) }
        return
      } catch  where error.reason == .conflict {
        continue
      } catch {
        throw .unusable("\(error)")
      }
    }
    throw .unusable("the Lease \(names.lease) is changed by others all the time")
  }

  func release(_ holder: LockHolder) {
    guard let record = try? readOurs(holder).record else { return }
    _ = try? write(LeaseHold.release(of: record, now: .now()))
  }

  func whileHeld<Result>(
    _ holder: LockHolder, _ body: () throws(LockFailure) -> Result
  ) throws(LockFailure) -> Result {
    try patiently { () throws(LockFailure) in
      if case .overdue = try readOurs(holder).standing { try renew(holder) }
    }
    return try body()
  }

  func holder() throws(LockFailure) -> LockHolder? {
    guard let record = try patientlyRead(), !record.isFree else { return nil }
    // Only a look: the clocks of two machines are close enough for a screen.
    let holder = record.holder
    return holder.until > .now() && holder.isAlive ? holder : nil
  }
}

extension ClusterLease {
  private static func isGone(_ identity: LeaseIdentity) -> Bool {
    (try? ProcessHandle(identity.process).hasEnded) ?? true
  }

  private func patientlyRead() throws(LockFailure) -> LeaseRecord? {
    try patiently { () throws(LockFailure) in try read() }
  }

  private func read() throws(LockFailure) -> LeaseRecord? {
    do {
      return try client.get(.lease, names.lease, in: names.namespace).map(LeaseRecord.init)
    } catch {
      throw .unusable("\(error)")
    }
  }

  /// The Lease as it is; throws where it is not ours any more.
  private func readOurs(
    _ holder: LockHolder
  ) throws(LockFailure) -> (record: LeaseRecord, standing: LeaseHold.Standing) {
    guard let hold = hold.withLock({ $0 }), hold.fence == holder.fence else { throw .lost(nil) }
    let record = try read()
    let standing = hold.standing(record, at: clock())
    if case .lost(let other) = standing { throw .lost(other) }
    guard let record else { throw .lost(nil) }
    return (record, standing)
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
    let deadline = Deadline.after(Self.patience)
    while true {
      do throws(LockFailure) {
        return try body()
      } catch {
        guard case .unusable = error, !deadline.hasPassed, !isStopping() else { throw error }
        WorkThread.sleep(Self.pause)
      }
    }
  }
}
