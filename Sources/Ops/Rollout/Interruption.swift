import Core
import POSIX

/// Whether the run is to stop early, and why: a signal came, or the lock went to somebody else.
///
/// A thread waits for the signals, so that a migration that blocks can be cancelled; a second
/// signal ends the process at once, and leaves the same state as kill -9 would. So does the end of
/// the time that a run has for its last words, where it has so much and no more.
final class Interruption: Sendable {
  private struct State {
    var reason: String?
    var cancel: (@Sendable () -> Void)?
    /// When each question was asked that is open, by its number.
    var asked: [Int: ContinuousClock.Instant] = [:]
    var questions = 0
  }

  /// How often a wait looks whether it is over.
  private static let tick: Duration = .milliseconds(20)

  /// How the time passes in which it waits.
  let clock: RolloutClock

  private let state = Guarded(State())

  init(clock: RolloutClock = .system) { self.clock = clock }

  /// Watches for SIGINT and SIGTERM; to be made before other threads start.
  ///
  /// `lastWords` bounds how long the process goes on after the signal, whatever it hangs in.
  static func watchingSignals(
    lastWords: LastWords? = nil
  ) throws(SystemError) -> Interruption {
    let interruption = Interruption()
    // Blocked here, before the thread, so that every later thread inherits it.
    let signals = SignalHolder(try SignalReader([.interrupt, .terminate]))
    try WorkThread.detach("signals") { [weak interruption] in
      guard let signal = try? signals.reader.next(.distant) else { return }
      guard let interruption, interruption.reason == nil else {
        ProcessInfo.exit(ExitCode.interrupted.rawValue)
      }
      interruption.raise(signal == .interrupt ? "SIGINT" : "SIGTERM")
      signals.wait(lastWords, interruption)
      ProcessInfo.exit(ExitCode.interrupted.rawValue)
    }
    return interruption
  }

  /// Why to stop, nil while there is no reason.
  var reason: String? { state.withLock { $0.reason } }

  /// Somebody is asked; what is given back is called once that is over, with an answer or without.
  func asks() -> @Sendable () -> Void {
    let number = state.withLock { state in
      state.questions += 1
      state.asked[state.questions] = .now
      return state.questions
    }
    return { [self] in state.withLock { $0.asked[number] = nil } }
  }

  /// Since when somebody has not answered; nil where nobody is asked.
  private var silence: Duration? {
    state.withLock { $0.asked.values.min() }?.duration(to: .now)
  }

  /// Asks the run to stop; the first reason stays.
  func raise(_ reason: String) {
    let cancel = state.withLock { state -> (@Sendable () -> Void)? in
      guard state.reason == nil else { return nil }
      state.reason = reason
      return state.cancel
    }
    cancel?()
  }

  /// Throws when the run is to stop.
  func check() throws {
    if let reason { throw Interrupted(reason: reason) }
  }

  /// Waits, or throws as soon as the run is to stop.
  func wait(_ duration: Duration) throws {
    let end = clock.elapsed() + duration
    repeat {
      try check()
      clock.pause(max(.zero, min(Self.tick, end - clock.elapsed())))
    } while clock.elapsed() < end
    try check()
  }

  /// Runs `body`, calling `cancel` from another thread when the run is to stop meanwhile.
  func cancelling<Result>(
    with cancel: @escaping @Sendable () -> Void, _ body: () throws -> Result
  ) throws -> Result {
    // One look under the lock: a signal before it is seen here, one after it calls `cancel`.
    let reason = state.withLock { state -> String? in
      if state.reason == nil { state.cancel = cancel }
      return state.reason
    }
    if let reason { throw Interrupted(reason: reason) }
    defer { state.withLock { $0.cancel = nil } }
    return try body()
  }

  /// Runs `body`: what fails once the run is to stop fails for that reason, whatever it says.
  func explaining<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      try check()
      throw error
    }
  }

  private final class SignalHolder: Sendable {
    let reader: SignalReader
    init(_ reader: consuming SignalReader) { self.reader = reader }

    /// Waits until another signal comes, or the time for last words is over.
    func wait(_ lastWords: LastWords?, _ interruption: Interruption) {
      let began = ContinuousClock.now
      while !isOver(began, lastWords, interruption) {
        let pause = lastWords == nil ? Deadline.distant : .after(LastWords.tick)
        do throws(SystemError) {
          if try reader.next(pause) != nil { return }
        } catch {
          return
        }
      }
    }

    private func isOver(
      _ began: ContinuousClock.Instant, _ lastWords: LastWords?, _ interruption: Interruption
    ) -> Bool {
      lastWords?.areOver(after: began.duration(to: .now), silence: interruption.silence) ?? false
    }
  }
}

/// How long a run goes on after a signal.
///
/// For its report, the end of the journal, a webhook and the lock.
struct LastWords: Sendable, Equatable {
  /// How often is looked whether it is over.
  static let tick: Duration = .milliseconds(50)

  /// All that a run has where whoever it asks does not answer.
  var hungMax: Duration = .milliseconds(1800)
  /// How long a question may be open before whoever is asked counts as one who does not answer.
  var silenceMax: Duration = .seconds(1)
  /// All that it has in any case, before CI kills after 10 s.
  var most: Duration = .seconds(8)

  /// Whether it is over so long after the signal; `silence` is how long a question is open by now,
  /// nil where none is.
  func areOver(after time: Duration, silence: Duration?) -> Bool {
    if time >= most { return true }
    guard let silence else { return false }
    return time >= hungMax && silence > silenceMax
  }
}

/// The run stops early; the rollout can be resumed or aborted.
struct Interrupted: Error, Sendable, Equatable {
  let reason: String
  /// Whether another run has the environment now.
  var isOvertaken = false
}

/// A phase did not do what it is for.
struct PhaseFailure: Error, Sendable, Equatable {
  /// Why, in one line.
  let cause: String
  /// Whether nobody can tell, rather than that it went wrong.
  var isInconclusive = false
  /// Whether it was found in time that the phase must not do what it is for.
  var isRefusal = false
  /// What the program ended with that the phase is for, nil where that is not known.
  var code: Int32?
  /// What the cause is called and what ends it, nil where the platform has not found it.
  var advice: CauseAdvice?

  init(
    _ cause: String, isInconclusive: Bool = false, isRefusal: Bool = false, code: Int32? = nil,
    advice: CauseAdvice? = nil
  ) {
    self.cause = cause
    self.isInconclusive = isInconclusive
    self.isRefusal = isRefusal
    self.code = code
    self.advice = advice
  }
}

extension Interrupted: ReportableError {
  var exitCode: ExitCode { .interrupted }
  var findings: [Finding] { [Finding(message: "stopped by \(reason)")] }
}
