import Core
import HTTPServer
import Logging

/// What happens around every request: identity, headers, counts, the access log, errors.
struct Middleware: Sendable {
  let revision: String
  let logger: Logger
  let metrics: HTTPMetrics
  let errors: ErrorRendering
  let proxies: TrustedProxies
  let cors: CORS?
  private let identity = RequestIdentity()

  /// Operators ask these often; their lines are for those who look for a fault.
  private static let quietTemplates: Set<String> = [
    "/health", "/livez", "/readyz", "/version", "/metrics",
  ]

  init(
    revision: String, logger: Logger, metrics: HTTPMetrics, errors: ErrorRendering,
    filters: FilterConfiguration = FilterConfiguration()
  ) {
    self.revision = revision
    self.logger = logger
    self.metrics = metrics
    self.errors = errors
    proxies = filters.proxies
    cors = filters.cors
  }

  var hooks: Hooks {
    var hooks = Hooks()
    hooks.prepare = { request in
      let headers = request.headers
      let made = identity.make(
        requestID: headers["X-Request-Id"], traceparent: headers["traceparent"])
      var context = request.context
      context.requestID = made.id
      context.traceparent = made.traceparent
      context.clientAddress = proxies.client(behind: request.remoteAddress, headers)
      request.context = context
    }
    hooks.finish = { request, response in
      response.headers.reserve(6)
      response.headers.append("X-Request-Id", request.context.requestID)
      response.headers.append("traceparent", request.context.traceparent)
      response.headers.append("X-Revision", revision)
      response.headers.append("X-Content-Type-Options", "nosniff")
      // A page says by itself what it may load.
      if response.headers["Content-Security-Policy"] == nil {
        response.headers.append("Content-Security-Policy", "default-src 'none'")
      }
      response.headers.append("Referrer-Policy", "no-referrer")
      cors?.finish(request, &response)
    }
    hooks.completed = { request, completion in
      metrics.record(request, completion)
      log(request, completion)
    }
    hooks.render = { error, request in errors.render(error, request) }
    if logger.writes(.debug) {
      hooks.log = { logger.debug("connection", ("detail", .string($0))) }
    }
    return hooks
  }

  private func log(_ request: Request, _ completion: Completion) {
    let level: LogLevel =
      Self.quietTemplates.contains(request.route.template) ? .debug : .info
    guard logger.writes(level) else { return }
    let trace = request.context.traceparent.utf8
    logger.log(
      level, "request",
      [
        ("request_id", .string(request.context.requestID)),
        ("trace_id", .string(String(trace.dropFirst(3).prefix(32)) ?? "")),
        ("span_id", .string(String(trace.dropFirst(36).prefix(16)) ?? "")),
        ("method", .string(request.method.rawValue)),
        ("route", .string(request.route.template)),
        ("status", .integer(completion.status)),
        ("duration_ms", .real(Double(completion.duration.inMicroseconds) / 1000)),
        ("bytes", .integer(completion.bodyBytes)),
        ("remote", .string(request.clientAddress)),
        ("listener", .string(request.listenerName)),
        ("whole", .boolean(completion.isWhole)),
      ])
  }
}
