import Core

/// How long a witness waits for what may heal.
struct WitnessPolicy: Sendable, Equatable {
  /// How long a sign that may heal is watched before it counts.
  var grace: Duration = .seconds(60)
  /// How long nothing may be heard of the cluster before nothing is known of it.
  var lostMax: Duration = .seconds(15)
}

/// What a witness says.
enum WitnessFinding: Sendable, Equatable {
  /// It is on its way.
  case progressing
  /// All is there that was wanted.
  case complete
  /// It will not come to that.
  case failed(Cause)
  /// Nothing is heard of it right now, for less than `lostMax`.
  case unheard
  /// Nothing was heard for too long; why, in one line.
  case unknown(String)
}

/// Tells how a release or a Job fares, from what watches tell of its objects.
///
/// Does no I/O: a recorded stream of changes can be judged again. A failure is final; so is the end
/// of a Job, which may be deleted after it, while a release that was complete may stop being so.
struct Witness<Subject: WitnessSubject>: Sendable {
  let policy: WitnessPolicy
  /// What is to be fetched, and what was.
  private(set) var logs = LogPlan()
  /// What stands right now.
  private(set) var judgement = Judgement()

  private var subject: Subject
  private(set) var objects = WitnessedObjects()
  private var history = SignHistory()
  /// All time that was looked at, and the part of it in which the cluster was heard.
  private var time = ObservedTime()
  private var heardTime = ObservedTime()
  private var lostSince: Duration?
  private var isStale = true
  private var failure: Cause?

  init(_ subject: Subject, policy: WitnessPolicy = WitnessPolicy()) {
    self.subject = subject
    self.policy = policy
  }

  /// Takes in what a watch tells.
  mutating func handle(_ change: ClusterChange, at now: Timestamp) {
    pass(to: now)
    objects.take(change)
    isStale = true
  }

  /// Takes in what a log said.
  mutating func keep(_ lines: [String], of request: LogRequest) { logs.keep(lines, of: request) }

  /// Hands out the logs that are to be fetched, each once.
  mutating func takeLogRequests() -> [LogRequest] { logs.takePending() }

  /// Says how it stands; to be asked a few times a second.
  mutating func look(at now: Timestamp) -> WitnessFinding {
    pass(to: now)
    judge()
    if let failure { return .failed(failure) }
    if let cause = history.verdict(
      on: judgement.signs, grace: policy.grace, at: heardTime.elapsed)
    {
      failure = cause
      logs.noteRunning(judgement.pods, readyOnes: Subject.asksReadyOnes)
      return .failed(cause)
    }
    if let reason = lostReason {
      let silence = time.elapsed - (lostSince ?? time.elapsed)
      return silence >= policy.lostMax ? .unknown(reason) : .unheard
    }
    return judgement.isComplete ? .complete : .progressing
  }

  /// The signs that may still heal, and how long each has stood.
  var standing: [(cause: Cause, for: Duration)] {
    judgement.signs.map { ($0.cause, history.age(of: $0, at: heardTime.elapsed)) }
  }

  private var lostReason: String? {
    Subject.kinds.lazy.compactMap { objects.lost[$0] }.first
  }

  private mutating func pass(to now: Timestamp) {
    time.pass(to: now)
    // Whether something heals can not be told while nothing is heard.
    heardTime.pass(to: now, counts: lostReason == nil)
    lostSince = lostReason == nil ? nil : lostSince ?? time.elapsed
  }

  private mutating func judge() {
    guard isStale else { return }
    isStale = false
    // What was true when a failure was found is not undone by what comes after it.
    guard failure == nil else { return }
    judgement = subject.judge(objects)
    history.note(judgement.signs, at: heardTime.elapsed)
    logs.note(judgement.pods)
  }
}

typealias PlatformWitness = Witness<DeploymentSubject>
typealias JobWitness = Witness<JobSubject>

extension Witness {
  /// What the gate is to hear, in words.
  mutating func observe(at now: Timestamp) -> PlatformObservation {
    switch look(at: now) {
    case .progressing: .progressing
    case .complete: .complete
    case .failed(let cause): .failed(line(of: cause))
    case .unheard: .unheard
    case .unknown(let reason): .unknown(reason)
    }
  }

  /// A cause in one line, with the last line that is known of its container.
  func line(of cause: Cause, redaction: Redaction = Redaction(secrets: [])) -> String {
    CauseText(cause, lastLine: cause.place.flatMap(logs.lastLine), redaction: redaction).line
  }
}
