import Core
import JSON
import POSIX

/// Who may change an environment on this machine.
///
/// A file names the holder, until when it holds, and a fencing number that grows with each new
/// holder. Kernel locks alone would not do: a holder that was suspended past its time must find
/// that it holds nothing any more, and its number is how everybody else knows it too.
struct RolloutLock: Sendable {
  /// How long a lock holds without renewal.
  static let timeToLive: Duration = .seconds(15)
  /// How often a holder renews it.
  static let renewInterval: Duration = .seconds(3)
  /// How long changes of the lock file wait for each other.
  private static let guardTimeout: Duration = .seconds(5)

  /// A holder.
  struct Holder: Sendable, Equatable {
    /// The fencing number.
    let fence: Int64
    /// The process.
    let process: Int32
    /// The machine's name.
    let host: String
    /// The user-visible name of what is done.
    let purpose: String
    /// Since when.
    let since: Timestamp
    /// Until when without renewal.
    var until: Timestamp
    /// Whether it was given back.
    var isReleased: Bool
  }

  /// Why a lock was not had, or is no longer.
  enum Failure: Error, Sendable, Equatable {
    /// Another holds it.
    case held(Holder)
    /// It is no longer ours: its time ran out and it went to the holder named, or to nobody yet.
    case lost(Holder?)
    /// The file could not be read or written.
    case system(SystemError)
  }

  /// The lock file; its guard is beside it.
  let path: String

  /// Takes the lock, from a holder whose process is gone or whose time is over if need be.
  func acquire(purpose: String, now: Timestamp = .now()) throws(Failure) -> Holder {
    try guarded { () throws(Failure) -> Holder in
      let before = try read()
      if let before, !before.isReleased, before.until > now, isAlive(before) {
        throw .held(before)
      }
      let holder = Holder(
        fence: (before?.fence ?? unknownFence(now)) + 1, process: ProcessInfo.identifier,
        host: ProcessInfo.hostName, purpose: purpose, since: now,
        until: now.advanced(by: Self.timeToLive), isReleased: false)
      try write(holder)
      return holder
    }
  }

  /// Where the file is there and tells no number, one that is above all that were counted up.
  private func unknownFence(_ now: Timestamp) -> Int64 {
    File.exists(path) ? now.microsecondsSinceEpoch / 1_000_000 : 0
  }

  /// Holds on for another time to live.
  func renew(_ holder: Holder, now: Timestamp = .now()) throws(Failure) {
    try whileHeld(holder, now: now) { () throws(Failure) in
      var renewed = holder
      renewed.until = now.advanced(by: Self.timeToLive)
      try write(renewed)
    }
  }

  /// Gives the lock back; one that is no longer ours is left alone.
  func release(_ holder: Holder) {
    try? whileHeld(holder) { () throws(Failure) in
      var released = holder
      released.isReleased = true
      try write(released)
    }
  }

  /// Runs `body` only while the lock is ours; nobody can take it over meanwhile.
  ///
  /// Every write of a rollout goes through here.
  func whileHeld<Result>(
    _ holder: Holder, now: Timestamp = .now(), _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try guarded { () throws(Failure) -> Result in
      let current = try read()
      guard let current, current.fence == holder.fence, !current.isReleased else {
        throw .lost(current)
      }
      // Over time but not taken: holding on is safe under the guard, since nobody else has begun.
      return try body()
    }
  }

  /// The holder as the file names it, nil where nobody holds the lock.
  func holder(now: Timestamp = .now()) throws(Failure) -> Holder? {
    guard let holder = try read(), !holder.isReleased, holder.until > now, isAlive(holder) else {
      return nil
    }
    return holder
  }

  private func guarded<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    let acquired: FileLock?
    do {
      acquired = try FileLock.acquire(path + ".guard", until: .after(Self.guardTimeout))
    } catch {
      throw .system(error)
    }
    guard let lock = acquired else { throw try .held(read() ?? Self.nobody) }
    do throws(Failure) {
      let result = try body()
      lock.release()
      return result
    } catch {
      lock.release()
      throw error
    }
  }

  private static var nobody: Holder {
    Holder(
      fence: 0, process: 0, host: "", purpose: "unknown", since: .now(), until: .now(),
      isReleased: false)
  }

  /// Whether the holder's process lives; one on another machine is believed until its time is over.
  private func isAlive(_ holder: Holder) -> Bool {
    guard holder.host == ProcessInfo.hostName else { return true }
    return (try? ProcessHandle(holder.process).hasEnded) == false
  }

  private func read() throws(Failure) -> Holder? {
    guard File.exists(path) else { return nil }
    do {
      return try Holder(JSONReader.read(File.readText(path)))
    } catch let error as SystemError {
      throw .system(error)
    } catch {
      // Written by rename, it is never half there; what is no lock is nobody's lock.
      return nil
    }
  }

  private func write(_ holder: Holder) throws(Failure) {
    do {
      try File.write(holder.json.bytes(pretty: true), to: path, mode: File.ownerOnly)
    } catch {
      throw .system(error)
    }
  }
}

extension RolloutLock.Holder {
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

extension RolloutLock.Failure: CustomStringConvertible {
  var description: String {
    switch self {
    case .held(let holder):
      "\(holder.purpose) by process \(holder.process) on \(holder.host) since \(holder.since)"
        + " holds this environment, until \(holder.until) unless it renews"
    case .lost(let holder):
      holder.map { "the lock was taken over by process \($0.process), number \($0.fence)" }
        ?? "the lock is gone"
    case .system(let error): "the lock could not be used: \(error)"
    }
  }
}
