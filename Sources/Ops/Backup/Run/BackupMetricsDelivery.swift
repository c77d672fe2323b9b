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

  /// Runs `body`, then tells Prometheus how it ended, with what the store has by then.
  func following(
    _ subject: BackupMetrics.Subject, of place: BackupPlace, _ context: CommandContext,
    _ body: () throws -> ExitCode
  ) throws -> ExitCode {
    let began = ContinuousClock.now
    let result = Result { try body() }
    let code =
      switch result {
      case .success(let code): code
      case .failure(let error): ErrorReport(error).exitCode
      }
    publish(subject, code, began.duration(to: .now), place, context)
    return try result.get()
  }

  private func publish(
    _ subject: BackupMetrics.Subject, _ code: ExitCode, _ duration: Duration, _ place: BackupPlace,
    _ context: CommandContext
  ) {
    let gateway = gateway ?? place.pushgateway
    guard file != nil || gateway != nil else { return }
    // Whoever was stopped does not wait for a store, nor who has just waited for it in vain.
    let isAsked = ![.interrupted, .uploadFailed].contains(code)
    let listing = isAsked ? try? place.list() : nil
    let metrics = BackupMetrics(
      subject: subject, database: place.keys.database, endedAt: Timestamp.now(), exitCode: code,
      duration: duration, newest: listing?.newestOfAny(.uploaded)?.manifest,
      newestProven: listing?.newestOfAny(.proven)?.manifest)
    var doubts: [String?] = []
    if let path = file.map(context.absolute) {
      let text = metrics.text(after: (try? File.readText(path)) ?? "")
      doubts.append(MetricsDelivery.write(text, to: path))
    }
    if let gateway {
      doubts.append(
        MetricsDelivery.push(
          metrics.text(), to: gateway, job: "slipway_\(subject.rawValue)",
          group: ("database", metrics.database), within: BackupMetrics.pushTimeout,
          replacing: false))
    }
    for doubt in doubts.compactMap(\.self) { context.error.line("warning: \(doubt)") }
  }
}
