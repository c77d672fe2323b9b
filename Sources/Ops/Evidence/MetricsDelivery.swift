import Core
import HTTPClient
import POSIX

/// Brings metrics to where Prometheus finds them: a file, or a Pushgateway.
///
/// What can not be brought is told, and fails nothing.
enum MetricsDelivery {
  /// Replaces the file; why it was not written, nil where it was.
  ///
  /// https://github.com/prometheus/node_exporter#textfile-collector
  static func write(_ text: String, to path: String) -> String? {
    do throws(SystemError) {
      try File.write(Array(text.utf8), to: path)
      return nil
    } catch {
      return "the metrics were not written: \(error)"
    }
  }

  /// Puts them in place of those of the same `group`, of which others stay unless `replacing`; why
  /// they were not taken, nil where they were.
  ///
  /// https://github.com/prometheus/pushgateway#put-method
  static func push(
    _ text: String, to gateway: String, job: String, group: (name: String, value: String),
    within timeout: Duration, replacing: Bool = true
  ) -> String? {
    let value = PercentEncoding.encode(group.value)
    var request = HTTPRequest(
      "\(gateway)/metrics/job/\(job)/\(group.name)/\(value)", method: replacing ? "PUT" : "POST",
      headers: [HTTPHeader("Content-Type", "text/plain; version=0.0.4")],
      body: Array(text.utf8), deadline: .after(timeout), connectTimeout: timeout)
    request.usesEnvironmentProxy = true
    return ask(request).map { "the metrics were not pushed: \($0)" }
  }

  /// What went wrong, in words that hold nothing of the address.
  static func ask(_ request: HTTPRequest) -> String? {
    do throws(HTTPClientError) {
      let response = try HTTPClient().send(request)
      return response.isSuccess ? nil : "it answered \(response.status)"
    } catch {
      return error.kind.rawValue
    }
  }
}
