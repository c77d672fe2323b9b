import Core
import Logging

/// What the log tells of the upstream: every change of the breaker, and causes now and then.
final class ViewJournal: Sendable {
  /// While the upstream is down every call fails the same way; one line in this time says so.
  static let repetitionPause: Duration = .seconds(1)

  private let logger: Logger
  private let last = Guarded<(at: ContinuousClock.Instant?, left: Int)>((nil, 0))

  init(_ logger: Logger) { self.logger = logger }

  func changed(_ before: CircuitBreaker.State, _ after: CircuitBreaker.State) {
    logger.log(
      after == .open ? .warning : .info, "page views breaker",
      [("from", .string(before.rawValue)), ("to", .string(after.rawValue))])
  }

  func note(_ message: String, _ cause: String, _ requestID: String) {
    let now = ContinuousClock.now
    let left: Int? = last.withLock { last in
      if let at = last.at, now - at < Self.repetitionPause {
        last.left += 1
        return nil
      }
      defer { last = (now, 0) }
      return last.left
    }
    guard let left else { return }
    logger.log(
      .warning, message,
      [
        ("cause", .string(cause)), ("request_id", .string(requestID)),
        ("left_out", .integer(left)),
      ])
  }
}
