import Core
import POSIX

/// Where the figures of a command about backups go, as its options say.
struct BackupMetricsDelivery: Sendable {
  static let file = Option(
    "metrics", .path, .optional,
    "write the figures for the textfile collector of node_exporter, FILE.prom")
  static let pushgateway = Option(
    "pushgateway", .httpURL, .optional,
    "the Pushgateway that gets the figures; the environment's unless given")

  private let file: String?
  private let gateway: String?

  init(_ arguments: ParsedArguments) {
    file = arguments.value(Self.file)
    gateway = arguments.value(Self.pushgateway)
  }

  /// Runs `body` on the catalog that `selection` names, then tells Prometheus how it ended.
  ///
  /// With what the store has by then; also where there was no such catalog.
  func following(
    _ subject: BackupMetrics.Subject, of selection: BackupSelection, _ context: CommandContext,
    _ body: (BackupPlace) throws -> ExitCode
  ) throws -> ExitCode {
    let began = ContinuousClock.now
    var place: BackupPlace?
    let result = Result {
      let opened = try selection.place(context)
      place = opened
      return try body(opened)
    }
    let code =
      switch result {
      case .success(let code): code
      case .failure(let error): ErrorReport(error).exitCode
      }
    let gateway = gateway ?? place?.pushgateway ?? selection.pushgateway(context)
    let keys = place?.keys ?? (try? selection.keys(context))
    if let keys, file != nil || gateway != nil {
      let metrics = metrics(subject, code, began.duration(to: .now), place, keys)
      publish(metrics, gateway, context)
    }
    return try result.get()
  }

  private func metrics(
    _ subject: BackupMetrics.Subject, _ code: ExitCode, _ duration: Duration, _ place: BackupPlace?,
    _ keys: BackupKeys
  ) -> BackupMetrics {
    // Whoever was stopped does not wait for a store, nor who has just waited for it in vain.
    let isAsked = ![.interrupted, .uploadFailed].contains(code)
    let listing = isAsked ? try? place?.list() : nil
    return BackupMetrics(
      subject: subject, database: keys.database, endedAt: Timestamp.now(), exitCode: code,
      duration: duration, newest: listing?.newestOfAny(.uploaded)?.manifest,
      newestProven: listing?.newestOfAny(.proven)?.manifest)
  }

  private func publish(_ metrics: BackupMetrics, _ gateway: String?, _ context: CommandContext) {
    var doubts: [String?] = []
    if let path = file.map(context.absolute) {
      let text = metrics.text(after: (try? File.readText(path)) ?? "")
      doubts.append(MetricsDelivery.write(text, to: path))
    }
    if let gateway {
      doubts.append(
        MetricsDelivery.push(
          metrics.text(), to: gateway, job: "slipway_\(metrics.subject.rawValue)",
          group: ("database", metrics.database), within: BackupMetrics.pushTimeout,
          replacing: false))
    }
    for doubt in doubts.compactMap(\.self) { context.error.line("warning: \(doubt)") }
  }
}
