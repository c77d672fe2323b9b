import Core
import HTTPServer

/// How long requests took, by method, route template and status.
///
/// Each route has a lock of its own, held for a few instructions. Methods that nobody knows count
/// as `_OTHER` and paths that no route has under one label, so clients can not make series.
final class HTTPMetrics: MetricsSource {
  struct Key: Hashable {
    let method: String
    let status: Int
  }

  private final class Series: Sendable {
    let entries = Guarded<[(key: Key, histogram: Histogram)]>([])
  }

  private let series: [String: Series]
  private let templates: [String]
  private static let methods: Set<String> = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS",
  ]

  /// Counts for these templates, and for requests that have no route.
  init(templates: [String]) {
    var seen: Set<String> = []
    self.templates =
      templates.filter { seen.insert($0).inserted } + [
        Route.refused.template, Route.unknown.template,
      ]
    series = Dictionary(
      self.templates.map { ($0, Series()) }, uniquingKeysWith: { first, _ in first })
  }

  func record(_ request: Request, _ completion: Completion) {
    guard let series = series[request.route.template] else { return }
    let name = request.method.rawValue
    series.entries.withLock { entries in
      for index in entries.indices
      where entries[index].key.status == completion.status && entries[index].key.method == name {
        entries[index].histogram.record(completion.duration)
        return
      }
      let key = Key(
        method: Self.methods.contains(name) ? name : "_OTHER", status: completion.status)
      let index =
        entries.firstIndex { $0.key == key }
        ?? {
          entries.append((key, Histogram()))
          return entries.count - 1
        }()
      entries[index].histogram.record(completion.duration)
    }
  }

  func write(to page: inout MetricsText) {
    page.family(
      "http_server_request_duration_seconds", .histogram, "Duration of HTTP server requests.")
    for template in templates {
      guard let entries = series[template]?.entries.withLock({ $0 }) else { continue }
      for (key, histogram) in entries {
        page.histogram(
          "http_server_request_duration_seconds",
          [
            ("http_request_method", key.method), ("http_route", template),
            ("http_response_status_code", String(key.status)),
          ], histogram)
      }
    }
  }
}
