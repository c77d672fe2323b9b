import Core
import JSON
import POSIX

/// Who may change an environment on this machine.
///
/// A file names the holder, until when it holds, and the fencing number. Kernel locks alone would
/// not do: they would hold on for a holder that was suspended past its time.
struct RolloutLock: Sendable {
  /// How long changes of the lock file wait for each other.
  private static let guardTimeout: Duration = .seconds(5)

  /// The lock file; its guard is beside it.
  let path: String

  /// Takes the lock, from a holder whose process is gone or whose time is over if need be.
  func acquire(purpose: String, now: Timestamp) throws(LockFailure) -> LockHolder {
    try guarded { () throws(LockFailure) -> LockHolder in
      let before = try read()
      if let before, !before.isReleased, before.until > now, before.isAlive {
        throw .held(before)
      }
      let holder = LockHolder(
        fence: (before?.fence ?? unknownFence(now)) + 1, process: ProcessInfo.identifier,
        host: ProcessInfo.hostName, purpose: purpose, since: now,
        until: now.advanced(by: LockHolder.timeToLive), isReleased: false)
      try write(holder)
      return holder
    }
  }

  /// Where the file is there and tells no number, one that is above all that were counted up.
  private func unknownFence(_ now: Timestamp) -> Int64 {
    File.exists(path) ? now.microsecondsSinceEpoch / 1_000_000 : 0
  }

  /// Holds on for another time to live.
  func renew(_ holder: LockHolder, now: Timestamp) throws(LockFailure) {
    try whileHeld(holder) { () throws(LockFailure) in
      var renewed = holder
      renewed.until = now.advanced(by: LockHolder.timeToLive)
      try write(renewed)
    }
  }

  /// Gives the lock back; one that is no longer ours is left alone.
  func release(_ holder: LockHolder) {
    try? whileHeld(holder) { () throws(LockFailure) in
      var released = holder
      released.isReleased = true
      try write(released)
    }
  }

  /// Runs `body` only while the lock is ours; nobody can take it over meanwhile.
  ///
  /// Every write of a rollout goes through here.
  func whileHeld<Result>(
    _ holder: LockHolder, _ body: () throws(LockFailure) -> Result
  ) throws(LockFailure) -> Result {
    try guarded { () throws(LockFailure) -> Result in
      let current = try read()
      guard let current, current.fence == holder.fence, !current.isReleased else {
        throw .lost(current)
      }
      // Over time but not taken: holding on is safe under the guard, since nobody else has begun.
      return try body()
    }
  }

  /// The holder as the file names it, nil where nobody holds the lock.
  func holder(now: Timestamp) throws(LockFailure) -> LockHolder? {
    guard let holder = try read(), !holder.isReleased, holder.until > now, holder.isAlive else {
      return nil
    }
    return holder
  }

  private func guarded<Result>(_ body: () throws(LockFailure) -> Result) throws(LockFailure)
    -> Result
  {
    let acquired: FileLock?
    do {
      acquired = try FileLock.acquire(path + ".guard", until: .after(Self.guardTimeout))
    } catch {
      throw .unusable("\(error)")
    }
    guard let lock = acquired else { throw try .held(read() ?? Self.nobody) }
    do throws(LockFailure) {
      let result = try body()
      lock.release()
      return result
    } catch {
      lock.release()
      throw error
    }
  }

  private static var nobody: LockHolder {
    LockHolder(
      fence: 0, process: 0, host: "", purpose: "unknown", since: .now(), until: .now(),
      isReleased: false)
  }

  private func read() throws(LockFailure) -> LockHolder? {
    guard File.exists(path) else { return nil }
    do {
      return try LockHolder(JSONReader.read(File.readText(path)))
    } catch let error as SystemError {
      throw .unusable("\(error)")
    } catch {
      // Written by rename, it is never half there; what is no lock is nobody's lock.
      return nil
    }
  }

  private func write(_ holder: LockHolder) throws(LockFailure) {
    do {
      try File.write(holder.json.bytes(pretty: true), to: path, mode: File.ownerOnly)
    } catch {
      throw .unusable("\(error)")
    }
  }
}

extension RolloutLock: EnvironmentLock {
  func acquire(purpose: String) throws(LockFailure) -> LockHolder {
    try acquire(purpose: purpose, now: .now())
  }

  func renew(_ holder: LockHolder) throws(LockFailure) { try renew(holder, now: .now()) }

  func holder() throws(LockFailure) -> LockHolder? { try holder(now: .now()) }
}

extension LockHolder {
  var json: JSONValue {
    [
      "fence": .integer(fence), "process": .integer(Int64(process)), "host": .string(host),
      "purpose": .string(purpose), "since": .string(since.iso8601),
      "until": .string(until.iso8601), "released": .boolean(isReleased),
    ]
  }

  init?(_ json: JSONValue) {
    guard let fence = json["fence"]?.number, let process = json["process"]?.number,
      let host = json["host"]?.text, let purpose = json["purpose"]?.text,
      let since = json["since"]?.text.flatMap({ Timestamp(iso8601: $0) }),
      let until = json["until"]?.text.flatMap({ Timestamp(iso8601: $0) }),
      let released = json["released"]?.truth
    else { return nil }
    self.init(
      fence: fence, process: Int32(clamping: process), host: host, purpose: purpose, since: since,
      until: until, isReleased: released)
  }
}
