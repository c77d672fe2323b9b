import Core

/// What the gate found in the end.
enum GateVerdict: Sendable, Equatable {
  /// Both witnesses agree that the service is good.
  case passed
  /// It is not.
  case failed(GateFailure)
  /// Nobody knows, which is never a success.
  case inconclusive(GateDoubt)
}

/// Why a service did not pass.
enum GateFailure: Sendable, Equatable {
  /// More probes failed than are forgiven; the outcome of the last.
  case tooManyFailed(
    failed: Int, allowed: Int, last: ProbeOutcome, probeClass: ProbeClass, words: String? = nil)
  /// A revision answered that is neither the old nor the new one.
  case foreignRevision(String)
  /// The wanted revision did not answer often enough in a row in time.
  case notSettled(inARow: Int, wanted: Int, revision: String?, timeout: Duration)
  /// The new revision is slower than the old one by more than is allowed.
  case tooSlow(p99: Duration, allowed: Duration)
  /// More probes of a canary, or of it and what serves beside it, failed than are forgiven.
  case sideFailed(isCanary: Bool, failed: Int, allowed: Int, last: ProbeOutcome)
  /// The canary is slower than the old release beside it by more than is allowed.
  case canarySlow(share: Double, latency: Duration, beside: Duration, allowed: Duration)
  /// The platform says so, in its words.
  case platform(String)
}

/// Why nobody knows.
enum GateDoubt: Sendable, Equatable {
  /// No probe was answered or refused for so long.
  case noData(Duration)
  /// A canary gave too few answers to be judged by.
  case fewAnswers(Int, wanted: Int, revision: String)
  /// So many probes came to nobody while others came to the service.
  case unheard(Int, of: Int)
  /// So much time in all was of no use: nobody was heard, or what was whole was so no more.
  case gaps(Duration)
  /// What was whole was so no more, so often.
  case restless(Int)
  /// The prober could not do its own work.
  case proberWasTheBottleneck(String)
  /// The platform could not be asked, or did not finish in time.
  case platform(String)
}

extension GateVerdict: CustomStringConvertible {
  /// One line.
  var description: String {
    switch self {
    case .passed: "passed"
    case .failed(let failure): "failed: \(failure)"
    case .inconclusive(let doubt): "inconclusive: \(doubt)"
    }
  }

  /// The word for reports.
  var word: String {
    switch self {
    case .passed: "passed"
    case .failed: "failed"
    case .inconclusive: "inconclusive"
    }
  }

  /// The cause for reports, nil where all is well.
  var cause: String? {
    switch self {
    case .passed: nil
    case .failed(let failure): failure.description
    case .inconclusive(let doubt): doubt.description
    }
  }
}

extension GateFailure: CustomStringConvertible {
  /// One line.
  var description: String {
    switch self {
    case .tooManyFailed(let failed, let allowed, let last, let probeClass, let words):
      "\(counted(failed, "probe")) failed (\(allowed) allowed), the last with \(last) "
        + "on a \(probeClass.rawValue) connection" + (words.map { " (\($0))" } ?? "")
    case .foreignRevision(let revision):
      "revision \(revision) answered, which is neither the old nor the new one"
    case .notSettled(let inARow, let wanted, let revision, let timeout):
      "\(inARow) of \(wanted) good answers in a row"
        + (revision.map { " from revision \($0)" } ?? "")
        + " after \(DurationText.format(timeout))"
    case .tooSlow(let p99, let allowed):
      "the 99th percentile is \(p99.roundedMilliseconds) ms, "
        + "allowed are \(allowed.roundedMilliseconds) ms"
    case .sideFailed(let isCanary, let failed, let allowed, let last):
      "\(counted(failed, "probe")) \(isCanary ? "of the canary" : "of the canary and beside it")"
        + " failed (\(allowed) allowed), the last with \(last)"
    case .canarySlow(let share, let latency, let beside, let allowed):
      "\(Int(share * 100)) % of the canary's answers take up to \(latency.roundedMilliseconds) ms,"
        + " of the old release's beside it \(beside.roundedMilliseconds) ms;"
        + " allowed are \(allowed.roundedMilliseconds) ms"
    case .platform(let cause): cause
    }
  }
}

extension GateDoubt: CustomStringConvertible {
  /// One line.
  var description: String {
    switch self {
    case .noData(let time): "no sample for \(DurationText.format(time))"
    case .fewAnswers(let count, let wanted, let revision):
      "\(counted(count, "answer")) from the canary \(revision), \(wanted) are needed: poll more "
        + "often (probeRate), or longer"
    case .unheard(let count, let sent):
      "\(count) of \(counted(sent, "probe")) came to nobody: the way to a part of the pods is away"
    case .gaps(let time):
      "nobody could be watched for \(DurationText.format(.seconds(time.components.seconds))) in all"
    case .restless(let count): "pods of the canary went \(counted(count, "time")) and came again"
    case .proberWasTheBottleneck(let reason): "the prober was the bottleneck: \(reason)"
    case .platform(let reason): reason
    }
  }
}
