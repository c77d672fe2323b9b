extension Witness {
  /// Events that are kept for the report, the newest.
  private static var eventsMax: Int { 30 }

  /// What the failed pods said, and what was said of them.
  var evidence: [RolloutEvidence] {
    logs.said.filter { !$0.lines.isEmpty }.map { request, lines in
      RolloutEvidence(
        source: "container \(request.container) of pod \(request.pod)",
        state: state(of: request), lines: lines)
    } + eventEvidence
  }

  private func state(of request: LogRequest) -> String {
    guard let ending = request.ending else {
      return Subject.asksReadyOnes ? "ran until then" : "runs, and is not ready"
    }
    return "ending \(ending)"
  }

  private var eventEvidence: [RolloutEvidence] {
    let judged = judgement.owners + judgement.pods.map(\.object.uid)
    let events = judged.flatMap { objects.events(about: $0) }
      .sorted { $0.lastSeen < $1.lastSeen }.suffix(Self.eventsMax)
    guard !events.isEmpty else { return [] }
    let lines = events.map { event in
      let times = event.count > 1 ? " (\(event.count) times)" : ""
      return "\(event.lastSeen) \(event.subject) \(event.reason)\(times): \(event.message)"
    }
    return [
      RolloutEvidence(source: "events", state: judgement.progress, lines: Array(lines))
    ]
  }
}
