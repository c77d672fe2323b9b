import Logging
import POSIX

/// Everything that tells who asks: the filter, its keys and what they count.
struct Authentication: Sendable {
  let filter: AuthenticationFilter
  private let keys: KeyRing
  private let logger: Logger

  init(_ configuration: AuthConfiguration, logger: Logger) {
    self.logger = logger
    keys = KeyRing(configuration.origins, logger: logger)
    filter = AuthenticationFilter(
      mode: configuration.mode, policy: configuration.policy, keys: keys, metrics: TokenMetrics())
  }

  /// What the metrics page shows of it.
  var sources: [any MetricsSource] { [filter.metrics, keys] }

  /// Begins to look after keys that may change.
  func start() throws(SystemError) {
    if keys.isUnconfigured {
      logger.warning(
        "no key for tokens: what needs one answers 401; set JWT_SECRET or JWT_JWKS",
        ("auth", .string(filter.mode.rawValue)))
    }
    try keys.start()
  }

  func stop() { keys.stop() }
}
