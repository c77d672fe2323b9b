import Core

/// A cause in words: what people read, search for, and do.
struct CauseText {
  /// Most characters of what a component of the cluster said.
  private static let saidMax = 300

  let cause: Cause
  private let lastLine: String?
  private let redaction: Redaction

  /// `lastLine` is what the container's log ended with, where it is known; `redaction` is made
  /// before anything is cut, as half of a secret is found by nobody.
  init(
    _ cause: Cause, lastLine: String? = nil, redaction: Redaction = Redaction(secrets: [])
  ) {
    self.cause = cause
    self.lastLine = lastLine ?? cause.exit?.lastLine
    self.redaction = redaction
  }

  /// What the cause is called in reports, the same for every release.
  var id: String {
    switch cause {
    case .exited: "container-exited"
    case .outOfMemory: "out-of-memory"
    case .probeFailed(_, let kind, _, _): "\(kind.rawValue)-probe"
    case .imageNotFound: "image-not-found"
    case .imageNotPulled: "image-not-pulled"
    case .imageRefused: "image-refused"
    case .configuration: "configuration"
    case .cacheNotSynced: "cache-not-synced"
    case .programMissing: "program-missing"
    case .notStarted: "container-not-started"
    case .podEnded: "pod-ended"
    case .unschedulable: "unschedulable"
    case .volume: "volume"
    case .sandbox: "sandbox"
    case .quota: "quota"
    case .admission: "admission"
    case .podsNotCreated: "pods-not-created"
    case .progressDeadline: "progress-deadline"
    case .paused: "paused"
    case .superseded: "superseded"
    case .deploymentGone: "deployment-gone"
    case .jobFailed: "job-failed"
    case .jobGone: "job-gone"
    case .jobSuspended: "job-suspended"
    }
  }

  /// All of it, in one line.
  var line: String {
    let words = [position, what].compactMap { $0 }.joined(separator: ": ")
    let restarts = cause.exit.flatMap { $0.restarts > 0 ? counted($0.restarts, "restart") : nil }
    let last = lastLine.map { "; last line: \(short(LogLine.words($0)))" }
    return words + (restarts.map { ", \($0)" } ?? "") + (last ?? "")
  }

  private var position: String? {
    guard let place = cause.place else { return nil }
    let pod = "pod \(place.pod)"
    let node = place.node.map { " on \($0)" } ?? ""
    return (place.container.map { "container \($0) of \(pod)" } ?? pod) + node
  }

  private var what: String {
    switch cause {
    case .exited(_, let exit): Self.text(exit)
    case .outOfMemory(_, let exit, let limit):
      "OOMKilled (exit \(exit.code)" + (limit.map { ", limit \($0))" } ?? ")")
    case .probeFailed(_, let kind, let patience, let said):
      "no answer to its \(kind.rawValue) probe for more than \(DurationText.format(patience))"
        + quoted(said)
    case .imageNotFound(_, let image, let said):
      "the registry has no image \(image)" + quoted(said, without: image)
    case .imageNotPulled(_, let image, let said):
      "image \(image) can not be pulled" + quoted(said, without: image)
    case .imageRefused(_, let image, let reason, let said):
      "image \(image) is not pulled, \(reason)" + quoted(said, without: image)
    case .configuration(_, let said): "its configuration is not whole" + quoted(said)
    case .cacheNotSynced(_, let said): "the node has not read its settings" + quoted(said)
    case .programMissing(_, let said): "the image has no such program" + quoted(said)
    case .notStarted(_, let reason, let said): "not started, \(reason)" + quoted(said)
    case .podEnded(_, let reason, let said): "ended by the cluster, \(reason)" + quoted(said)
    case .unschedulable(_, let said): "no node takes it" + quoted(said)
    case .volume(_, let said): "a volume is missing" + quoted(said)
    case .sandbox(_, let said): "no sandbox or network" + quoted(said)
    default: whatOfOwner
    }
  }

  private var whatOfOwner: String {
    switch cause {
    case .quota(let owner, let said): "\(owner): the quota is used up" + quoted(said)
    case .admission(let owner, let said): "\(owner): its pods are refused" + quoted(said)
    case .podsNotCreated(let owner, let said):
      "\(owner): pods can not be made" + quoted(said)
    case .progressDeadline(let deployment, let said):
      "Deployment \(deployment): no progress within progressDeadlineSeconds" + quoted(said)
    case .paused(let deployment): "Deployment \(deployment): paused"
    case .superseded(let deployment, let other): "Deployment \(deployment): replaced by \(other)"
    case .deploymentGone(let deployment): "Deployment \(deployment): not there any more"
    case .jobFailed(let job, let reason, let said):
      "Job \(job): failed, \(reason)" + quoted(said)
    case .jobGone(let job): "Job \(job): deleted before it was done"
    case .jobSuspended(let job): "Job \(job): suspended"
    default: ""
    }
  }

  private static func text(_ exit: Cause.Exit) -> String {
    if let signal = exit.signal { return "killed by signal \(signal) (exit \(exit.code))" }
    return exit.code == 0 ? "ended with exit 0, and is to keep running" : "exit \(exit.code)"
  }

  /// What somebody said, in parentheses and in one line.
  private func quoted(_ said: String) -> String {
    let words = short(said)
    return words.isEmpty ? "" : " (\(words))"
  }

  /// The same from the last mention of the image on: runtimes say it at each step that failed.
  private func quoted(_ said: String, without image: String) -> String {
    guard !image.isEmpty, var rest = said.ranges(of: image).last.map({ said[$0.upperBound...] })
    else { return quoted(said) }
    rest = rest.drop { !$0.isLetter && !$0.isNumber }
    return quoted(rest.isEmpty ? said : String(rest))
  }

  private func short(_ text: String) -> String {
    let line = redaction.applied(to: text).split(whereSeparator: \.isWhitespace).joined(
      separator: " ")
    guard line.count > Self.saidMax else { return line }
    // Who said it stands in front, why at the end.
    return line.prefix(Self.saidMax / 3) + " ... " + line.suffix(Self.saidMax - Self.saidMax / 3)
  }
}
