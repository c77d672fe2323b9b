import Core

/// Decides when a source of keys is read anew; it reads nothing itself.
///
/// One reading at a time. Keys are read again when they are old, and when a token names one that
/// is not among them, as issuers change keys; but never more often than `pauseMin`, or whoever
/// invents names could make us ask the issuer without end. When the source fails, the keys that
/// are there stay in use for `staleAgeMax`: an issuer that is away must not lock everybody out.
public struct KeyRefresh: Sendable, Equatable {
  /// The times of a source.
  public struct Limits: Sendable, Equatable {
    /// The age at which keys are read again.
    public var timeToLive: Duration
    /// Least time from the beginning of one reading to that of the next.
    public var pauseMin: Duration
    /// The age at which keys are used no more.
    public var staleAgeMax: Duration

    /// Limits of a source.
    public init(timeToLive: Duration, pauseMin: Duration, staleAgeMax: Duration) {
      self.timeToLive = timeToLive
      self.pauseMin = pauseMin
      self.staleAgeMax = staleAgeMax
    }

    /// An address of an issuer.
    public static let remote = Limits(
      timeToLive: .seconds(300), pauseMin: .seconds(10), staleAgeMax: .seconds(86_400))
    /// A file, such as a mounted secret; looking at it costs next to nothing.
    public static let file = Limits(
      timeToLive: .seconds(2), pauseMin: .milliseconds(500), staleAgeMax: .seconds(86_400))
  }

  /// What happened.
  public enum Event: Sendable, Equatable {
    /// A thread that looks from time to time has come by.
    case routine
    /// A token names a key that is not there.
    case unknownKey
    /// The reading succeeded.
    case succeeded
    /// The reading failed.
    case failed
  }

  /// What the one who tells of an event has to do.
  public enum Action: Sendable, Equatable {
    /// Nothing; what is there is all there is.
    case nothing
    /// Read the source now, and tell how it went.
    case read
    /// Another one reads; its keys may be the right ones.
    case wait
  }

  /// The times of this source.
  public let limits: Limits
  /// Whether somebody reads at present.
  public private(set) var isReading = false
  private var begunAt: ContinuousClock.Instant?
  private var succeededAt: ContinuousClock.Instant?

  /// A source that was not read yet, or one that was at `succeededAt`.
  public init(_ limits: Limits, succeededAt: ContinuousClock.Instant? = nil) {
    self.limits = limits
    self.succeededAt = succeededAt
    begunAt = succeededAt
  }

  /// What is to be done about `event` at `now`.
  public mutating func handle(_ event: Event, at now: ContinuousClock.Instant) -> Action {
    switch event {
    case .routine:
      let isFresh = succeededAt.map { now - $0 < limits.timeToLive } ?? false
      return isFresh || isReading ? .nothing : begin(now)
    case .unknownKey: return isReading ? .wait : begin(now)
    case .succeeded:
      isReading = false
      succeededAt = now
    case .failed: isReading = false
    }
    return .nothing
  }

  /// Whether the keys of the last successful reading may still be used.
  public func isUsable(at now: ContinuousClock.Instant) -> Bool {
    succeededAt.map { now - $0 < limits.staleAgeMax } ?? false
  }

  private mutating func begin(_ now: ContinuousClock.Instant) -> Action {
    if let begunAt, now - begunAt < limits.pauseMin { return .nothing }
    isReading = true
    begunAt = now
    return .read
  }
}
