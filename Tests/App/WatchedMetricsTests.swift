import HTTPClient
import POSIX
import TestSupport
import Testing

@testable import App

/// What the alerts and the dashboard of the chart ask for is what the service tells.
struct WatchedMetricsTests {
  private static let prefixes = [
    "http_server_", "http_client_", "db_client_", "slipway_", "process_",
  ]
  private static let histogramParts = ["_bucket", "_sum", "_count"]

  @Test(arguments: ["rules.yaml", "dashboard.json"])
  func everyMetricThatIsWatchedIsThere(_ file: String) throws {
    // The rate limit counts where there is one.
    let page = try RunningService(.sqlite, ["RATE_LIMIT": "100/s"]).get("/metrics").text
    let known = Set(
      page.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
        .map { String($0.split(separator: " ")[2]) })
    let watched = try metrics(in: file)
    #expect(watched.count > 10)
    for name in watched.sorted() {
      let histogram = Self.histogramParts.first(where: name.hasSuffix).map {
        String(name.dropLast($0.count))
      }
      #expect(known.contains(name) || histogram.map(known.contains) ?? false, "no \(name)")
    }
  }

  @Test(arguments: [
    ("http_server_refusals_total", "reason", ["queueFull", "queueTimeout", "handlerTimeout"]),
    ("slipway_page_views_breaker_state", "state", ["closed"]),
    ("slipway_auth_tokens_total", "outcome", ["keys_away"]),
    ("http_server_worker_queue", "server", ["public"]),
  ])
  func whatIsPickedOutOfAMetricIsThere(
    _ metric: String, _ label: String, _ values: [String]
  ) throws {
    let rules = try text(of: "rules.yaml")
    let samples = try RunningService().get("/metrics").text.split(separator: "\n")
      .filter { $0.hasPrefix(metric + "{") }
    for value in values {
      #expect(rules.contains(value))
      #expect(samples.contains { $0.contains("\(label)=\"\(value)\"") })
    }
  }

  /// Names of our own metrics; recorded series, which have colons, are Prometheus's.
  private func metrics(in file: String) throws -> Set<String> {
    let words = try text(of: file).split { !($0.isLetter || $0.isNumber || "_:".contains($0)) }
    let names = words.filter { word in
      !word.contains(":") && Self.prefixes.contains { word.hasPrefix($0) }
    }
    return Set(names.map(String.init))
  }

  private func text(of file: String) throws -> String {
    var root = #filePath
    for _ in 0..<3 { root = Path.parent(of: root) }
    return try File.readText("\(root)/charts/slipway/files/\(file)")
  }
}
