import HTTPServer

/// Something that is done around handlers: it may answer by itself, change the call on its way in
/// or the answer on its way out.
protocol Filter: Sendable {
  /// Answers, by `next` or otherwise; throws what `next` throws, a `Problem`, or either
  /// `accompanied`.
  func answer(_ call: Call, _ next: Operation.Handler) throws -> Response
}

/// The filters of the service, the outermost first.
struct Filters: Sendable {
  /// Around the reading of the request: who asks, and how often.
  var outer = FilterChain()
  /// Around the handler: the request is known to be well-formed.
  var inner = FilterChain()
  /// What the metrics page shows of them.
  var sources: [any MetricsSource] = []
}

/// Filters around each other.
struct FilterChain: Sendable {
  var filters: [any Filter] = []

  func answer(_ call: Call, _ handler: Operation.Handler) throws -> Response {
    try answer(call, filters[...], handler)
  }

  private func answer(
    _ call: Call, _ rest: ArraySlice<any Filter>, _ handler: Operation.Handler
  ) throws -> Response {
    guard let filter = rest.first else { return try handler(call) }
    return try withoutActuallyEscaping(handler) { handler in
      try filter.answer(call) { try answer($0, rest.dropFirst(), handler) }
    }
  }
}
