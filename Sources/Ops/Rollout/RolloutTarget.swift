import Core
import JSON

/// A place that a release can be brought to.
///
/// The phases, their order and the decisions are the same everywhere; a target knows how each is
/// carried out. Every method may be called again after an interruption and then does what is left.
/// A method throws `PhaseFailure` when the phase failed, `Interrupted` when the run is to stop.
protocol RolloutTarget: AnyObject {
  /// The environment's name.
  var environment: String { get }
  /// Where clients come in.
  var entrance: Entrance { get }
  /// The release that comes.
  var incoming: ReleaseName { get }
  /// The release that serves, nil before the first.
  var outgoing: ReleaseName? { get }
  /// When a release counts as good.
  var policy: RolloutPolicy { get }
  /// Takes out of what is kept or told the secrets that the releases are given.
  var redaction: Redaction { get }

  /// What can be known beforehand; changes nothing.
  func preflight() throws -> [PreflightCheck]
  /// Saves the database as the policy says; what was done in one line, nil when nothing was wanted.
  func backup(_ run: any RolloutContext) throws -> String?
  /// Ends what `backup` has under way elsewhere, for a run that is given up.
  func endBackup(_ run: any RolloutContext) throws
  /// Brings the schema up; what was done in one line.
  func migrate(_ run: any RolloutContext) throws -> String
  /// What tries a release beside the one that serves; nil where nothing can.
  var canary: (any RolloutCanary)? { get }
  /// Starts the new release, observes it apart from clients, then lets clients in.
  func apply(_ run: any RolloutContext) throws
  /// What the platform says of the release.
  func observe(_ release: ReleaseName) -> PlatformObservation
  /// What ends the failure of the release that the platform tells of; nil where nobody knows.
  func advice(on release: ReleaseName) -> CauseAdvice?
  /// The replicas of every release that runs; nil where nobody can tell right now.
  func replicas() -> [ReplicaCount]?
  /// Remembers the new release as the one that serves.
  func finish(_ run: any RolloutContext) throws
  /// Begins to poll the entrance, `rate` times a second.
  func poll(rate: Int) throws -> any ProbeSource
  /// The last words of what failed, before they vanish.
  func evidence() -> [RolloutEvidence]
  /// Puts the old release back, or takes the new one away where there is no old one.
  func rollBack(_ run: any RolloutContext) throws
}

extension RolloutTarget {
  /// What is done by the run's own process ends with it.
  func endBackup(_ run: any RolloutContext) {}

  /// Where no cluster tells of causes none has a name.
  func advice(on release: ReleaseName) -> CauseAdvice? { nil }

  func poll(rate: Int) throws -> any ProbeSource {
    var settings = ProberSettings(url: entrance.url)
    settings.ratePerSecond = rate
    return try Prober(settings)
  }
}

/// Where clients come in.
struct Entrance: Sendable, Equatable {
  /// With the path that is polled.
  let url: String
  /// For people.
  let shown: String
  /// How long nobody may be heard there until nobody knows how clients fare.
  var silenceMax = GatePolicy().silenceMax
  /// Answers up to this are never too slow; more where the way itself takes its time.
  var latencyFloor = GatePolicy().latencyFloor

  init(url: String, shown: String? = nil) {
    self.url = url
    self.shown = shown ?? url
  }
}

/// A release by the name that answers carry.
struct ReleaseName: Sendable, Equatable {
  /// `X-Revision`.
  let revision: String
  /// What it is, for people: a file, an image.
  let source: String
}

/// One thing that was looked at beforehand.
struct PreflightCheck: Sendable, Equatable {
  enum Verdict: String, Sendable {
    case ok
    case warn
    case refuse
  }

  /// What was looked at.
  let subject: String
  let verdict: Verdict
  /// What was seen, and what to change where it is not well.
  let detail: String

  init(_ subject: String, _ verdict: Verdict, _ detail: String) {
    self.subject = subject
    self.verdict = verdict
    self.detail = detail
  }
}

extension PreflightCheck {
  var json: JSONValue {
    [
      "subject": .string(subject), "verdict": .string(verdict.rawValue),
      "detail": .string(detail),
    ]
  }
}

/// The last words of something that failed.
struct RolloutEvidence: Sendable, Equatable {
  /// What speaks: a replica, a pod.
  let source: String
  /// How it ended or stands.
  let state: String
  /// The last lines that it wrote.
  let lines: [String]
}

/// What a target may use of the run that it serves.
protocol RolloutContext: AnyObject {
  /// Throws when the run is to stop, or when a witness has already seen that the release failed.
  func check() throws
  /// Waits, checking meanwhile.
  func wait(_ duration: Duration) throws
  /// Carries out a change only while the lock is held.
  func change<Result>(_ body: (_ fence: Int64) throws -> Result) throws -> Result
  /// Throws when the lock is no longer held; for threads that work on behalf of the run.
  var heldCheck: @Sendable () throws -> Void { get }
  /// Runs something that blocks and can be cancelled from another thread.
  func cancelling<Result>(
    with cancel: @escaping @Sendable () -> Void, _ body: () throws -> Result
  ) throws -> Result
  /// Tells people and the journal what goes on.
  func note(_ text: String)
  /// Keeps the last words of something that failed for the report.
  func keep(_ evidence: [RolloutEvidence])
  /// Whether the clients' witness judges already.
  var isWatchedByClients: Bool { get }
  /// How time passes for it.
  var clock: RolloutClock { get }
  /// What is left of the time for the whole.
  var remaining: Duration { get }
  /// How long a cluster that does not answer is asked again.
  var patience: Duration { get }
  /// Lets the clients' witness begin, where it could not before.
  func clientsMayCome() throws
}

extension RolloutContext {
  var clock: RolloutClock { .system }

  func keep(_ evidence: [RolloutEvidence]) {}
}
