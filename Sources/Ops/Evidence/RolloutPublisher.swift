import Core
import HTTPClient
import JSON
import POSIX

/// Tells others of a rollout: files, the summary of a job, a webhook, metrics.
///
/// Nothing here can make a rollout fail, or hold it up for long: what can not be told is noted.
struct RolloutPublisher: Sendable {
  /// What an address may take; the lock is held meanwhile.
  private static let sendTimeout: Duration = .seconds(3)
  /// The same where a signal came, and whoever sent it does not wait.
  private static let interruptedTimeout: Duration = .milliseconds(800)
  /// What GitHub takes of one step.
  ///
  /// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
  private static let summaryBytesMax = 1024 * 1024
  private static let addressBytesMax = 4096
  /// How many reports of an environment are kept.
  static let reportsMax = 20

  let context: CommandContext
  let policy: RolloutPolicy
  /// Where metrics are written for node_exporter.
  let metricsFile: String?
  /// Where reports go: the first is the one that people are told of.
  var reportDirectories: [String]

  /// Tells of the beginning on a thread of its own, where somebody wants to know.
  func began(_ record: RolloutRecord) {
    guard let notify = policy.notify, notify.when == .startAndEnd else { return }
    try? WorkThread.detach("notify") { [self] in
      if let doubt = send(.init(event: .started, record: record), notify, within: Self.sendTimeout)
      {
        say(doubt)
      }
    }
  }

  /// Tells of the end, all at once, and comes back in bounded time.
  func ended(_ record: RolloutRecord) {
    let timeout =
      record.outcome == .interrupted ? Self.interruptedTimeout : Self.sendTimeout
    var tasks: [@Sendable () -> String?] = []
    if let notify = policy.notify, notify.when != .failure || record.outcome?.isFailure ?? true {
      tasks.append { send(.init(event: .ended, record: record), notify, within: timeout) }
    }
    if let gateway = policy.pushgateway {
      tasks.append { push(record, gateway, within: timeout) }
    }
    if let metricsFile {
      tasks.append { write(record, metricsFile) }
    }
    for doubt in WorkThread.map(tasks, "publish", { $0() }) {
      if let doubt { say(doubt) }
    }
  }

  /// Writes the report, wherever it is wanted; the path to tell people, nil where there is none.
  ///
  /// The first directory is the environment's own: `whileHeld` writes it under the lock, and the
  /// oldest beside it make room.
  func keep(
    _ report: RolloutReport, whileHeld: (() throws -> Void) throws -> Void
  ) -> String? {
    // First what needs no lock: it is wanted most where that is gone, or nobody knows of it.
    var kept = reportDirectories.dropFirst().filter { directory in
      attempt("the report was not kept in \(directory)") { try report.write(to: directory) }
    }
    attempt("the summary was not written") { try summarize(report) }
    let own = reportDirectories[0]
    let isKept = attempt("the report was not kept") {
      try whileHeld {
        try report.write(to: own)
        // Old ones take room, which is no reason against a new one.
        try? NumberedFiles(folder: Path.parent(of: own)).prune(keeping: Self.reportsMax)
      }
    }
    if isKept { kept.insert(own, at: kept.startIndex) }
    return kept.last.map { $0 + "/rollout.html" }
  }

  /// Does it, or says why not; whether it did.
  @discardableResult
  private func attempt(_ doubt: String, _ body: () throws -> Void) -> Bool {
    do {
      try body()
      return true
    } catch {
      say("\(doubt): \(ErrorReport(error).findings[0].message)")
      return false
    }
  }

  private func summarize(_ report: RolloutReport) throws(SystemError) {
    guard context.isGitHubActions, let path = context.environment["GITHUB_STEP_SUMMARY"],
      !path.isEmpty
    else { return }
    // Whatever goes over the limit makes GitHub drop all of it.
    let room = Self.summaryBytesMax - Int(File.size(path) ?? 0)
    try File.open(path, .append).write(Array(report.markdown(bytesMax: max(0, room)).utf8))
  }

  /// Why a message was not taken, nil where it was.
  ///
  /// The address is never a part of that.
  private func send(
    _ message: WebhookMessage, _ policy: NotifyPolicy, within timeout: Duration
  ) -> String? {
    switch address(policy.webhook) {
    case .failure(let doubt): return "nobody was notified: \(doubt.words)"
    case .success(let address):
      var request = HTTPRequest(
        address.reveal(), method: "POST", headers: [HTTPHeader("Content-Type", "application/json")],
        body: message.json.bytes(), deadline: .after(timeout), connectTimeout: timeout)
      request.usesEnvironmentProxy = true
      return MetricsDelivery.ask(request).map { "the webhook was not told: \($0)" }
    }
  }

  private struct Doubt: Error {
    let words: String
  }

  private func address(_ webhook: NotifyPolicy.Webhook) -> Result<Secret, Doubt> {
    var text: String?
    let place: String
    switch webhook {
    case .variable(let name):
      text = context.environment[name]
      place = "the variable \(name)"
    case .file(let path):
      text = try? File.readText(context.absolute(path), limit: Self.addressBytesMax)
      place = "the file \(path)"
    }
    while let last = text?.last, last.isWhitespace { text?.removeLast() }
    guard let text, ["http://", "https://"].contains(where: text.hasPrefix) else {
      return .failure(Doubt(words: "\(place) holds no address of a webhook"))
    }
    return .success(Secret(text))
  }

  private func push(
    _ record: RolloutRecord, _ gateway: String, within timeout: Duration
  ) -> String? {
    MetricsDelivery.push(
      RolloutMetrics(record: record).text, to: gateway, job: "slipway_rollout",
      group: ("environment", record.environment), within: timeout)
  }

  private func write(_ record: RolloutRecord, _ path: String) -> String? {
    MetricsDelivery.write(RolloutMetrics(record: record).text, to: context.absolute(path))
  }

  private func say(_ doubt: String) {
    context.error.line(
      context.isGitHubActions ? WorkflowCommand.warning("rollout", doubt) : "warning: \(doubt)")
  }
}

extension Outcome {
  /// Whether somebody has to look at it.
  fileprivate var isFailure: Bool {
    switch self {
    case .done, .aborted: false
    case .refused, .locked, .rolledBack, .rollbackFailed, .inconclusive, .interrupted: true
    }
  }
}
