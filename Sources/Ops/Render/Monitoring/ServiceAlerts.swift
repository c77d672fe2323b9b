/// Rules over the metrics that the service itself exports: nothing else has to run for them.
enum ServiceAlerts {
  /// The share of requests that may fail, over a month.
  private static let budget = 0.001
  /// At these rates the budget of a month is gone after two days, and after five.
  private static let fast = 14.4
  private static let slow = 6.0

  /// The series of this release.
  static let own = #"namespace="\#(Placeholder.namespace.text)",job="\#(Placeholder.service.text)""#
  private static let requests = "http_server_request_duration_seconds"
  private static let probes = "/livez|/readyz|/health|/version|/metrics"
  /// They fail and last as their upstream does, which has an alert of its own.
  private static let views = "/monthly_view_count/.+|/api/pageviews/.+"
  /// Requests that clients judge the service by.
  private static let judged = #"\#(own),http_route!~"\#(probes)|\#(views)""#
  private static let failed = judged + #",http_response_status_code=~"5..""#
  /// An import takes as long as its file is large.
  private static let prompt = #"\#(own),http_route!~"\#(probes)|\#(views)|/people/import""#

  static let records = RuleGroup(
    name: "slipway-records",
    records: ["5m", "30m", "1h", "6h"].map { window in
      RecordingRule("slipway:http_errors:ratio_rate\(window)", errorRatio(window))
    } + [
      RecordingRule("slipway:http_requests:rate5m", sum("rate", "_count", judged, "5m")),
      RecordingRule(
        "slipway:http_duration_seconds:p99_5m",
        "histogram_quantile(0.99, sum by (namespace, job, le) "
          + "(rate(\(requests)_bucket{\(prompt)}[5m])))"),
    ])

  static let group = RuleGroup(name: "slipway-service", alerts: availability + load + data + parts)

  private static func sum(
    _ function: String, _ part: String, _ matchers: String, _ window: String
  ) -> String {
    "sum by (namespace, job) (\(function)(\(requests)\(part){\(matchers)}[\(window)]))"
  }

  /// Zero where requests were answered and none failed.
  private static func errorRatio(_ window: String) -> String {
    let all = sum("rate", "_count", judged, window)
    return "(\(sum("rate", "_count", failed, window)) or 0 * \(all)) / \(all)"
  }

  /// Both windows have to burn, so that the alert comes soon and goes soon; and a few failures in a
  /// quiet hour are no emergency.
  private static func burns(
    _ factor: Double, _ short: String, _ long: String, atLeast count: Int
  ) -> String {
    let limit = (factor * budget * 10_000).rounded() / 10_000
    return """
      slipway:http_errors:ratio_rate\(short){\(own)} > \(limit)
      and slipway:http_errors:ratio_rate\(long){\(own)} > \(limit)
      and \(sum("increase", "_count", failed, long)) >= \(count)
      """
  }

  private static let availability = [
    AlertRule(
      "SlipwayAbsent", .critical, for: "2m",
      "absent(up{\(own)}) or sum by (namespace, job) (up{\(own)}) == 0",
      summary: "No replica of the service answers Prometheus.",
      description: "The service is gone, or Prometheus may not reach it."),
    AlertRule(
      "SlipwayReplicaUnreachable", .warning, for: "10m", "up{\(own)} == 0",
      summary: "A replica does not answer Prometheus.",
      description: "{{ $labels.pod }} has not given its metrics for ten minutes."),
    AlertRule(
      "SlipwayErrorsFast", .critical, for: "2m", burns(fast, "5m", "1h", atLeast: 10),
      summary: "Many requests fail.",
      description:
        "{{ $value | humanizePercentage }} of the requests of the last five minutes were "
        + "answered 5xx; at this rate the budget of a month lasts two days."),
    AlertRule(
      "SlipwayErrorsSlow", .warning, for: "15m", burns(slow, "30m", "6h", atLeast: 20),
      summary: "Requests keep failing.",
      description: "{{ $value | humanizePercentage }} of the requests of the last half hour were "
        + "answered 5xx; at this rate the budget of a month lasts five days."),
    AlertRule(
      "SlipwayMixedRevisions", .warning, for: "1h",
      "count by (namespace, job) (count by (namespace, job, revision) "
        + "(slipway_build_info{\(own)})) > 1",
      summary: "Two releases have been serving side by side for an hour.",
      description: "A rollout has neither ended nor been taken back."),
  ]

  private static let load = [
    AlertRule(
      "SlipwaySlow", .warning, for: "10m",
      "slipway:http_duration_seconds:p99_5m{\(own)} > 0.5 "
        + "and slipway:http_requests:rate5m{\(own)} > 0.1",
      summary: "Answers are slow.",
      description: "One request in a hundred takes {{ $value | humanizeDuration }} or longer."),
    AlertRule(
      "SlipwayWorkersSaturated", .warning, for: "5m",
      #"avg_over_time(http_server_worker_queue{\#(own),server="public"}[5m]) > 8"#,
      summary: "Requests wait for a worker.",
      description: "On {{ $labels.pod }} {{ $value | humanize }} requests wait, on average."),
    AlertRule(
      "SlipwayRequestsRefused", .warning, for: "5m",
      "sum by (namespace, job, reason) (increase(http_server_refusals_total{\(own),"
        + #"server="public",reason=~"queueFull|queueTimeout|handlerTimeout"}[5m])) > 0"#,
      summary: "Requests are refused for want of room or time.",
      description: "{{ $value | humanize }} in five minutes, for {{ $labels.reason }}."),
  ]

  private static let data = [
    AlertRule(
      "SlipwayDatabaseFailing", .critical, for: "2m",
      "sum by (namespace, job, error_type) (rate(db_client_operation_duration_seconds_count{\(own),"
        + #"error_type=~"unavailable|timeout|pool_exhausted|read_only|full|corrupt"}[2m])) > 0"#,
      summary: "The service can not use its database.",
      description: "{{ $value | humanize }} operations a second fail: {{ $labels.error_type }}."),
    AlertRule(
      "SlipwayDatabasePoolSaturated", .warning, for: "5m",
      "avg_over_time(db_client_connection_pending_requests{\(own)}[5m]) > 1 "
        + "or increase(db_client_connection_timeouts_total{\(own)}[5m]) > 0",
      summary: "Requests wait for a connection to the database.",
      description: "All connections of {{ $labels.pod }} are in use."),
    AlertRule(
      "SlipwaySchemaUnusable", .critical, for: "2m",
      "max by (namespace, job) (slipway_schema_usable{\(own)}) == 0",
      summary: "No replica can work with the schema of the database.",
      description: "The schema is behind the release, or too far ahead of it."),
    AlertRule(
      "SlipwaySchemaWaiting", .warning, for: "20m",
      "min by (namespace, job) (slipway_schema_usable{\(own)}) == 0 "
        + "and max by (namespace, job) (slipway_schema_usable{\(own)}) == 1",
      summary: "Some replicas wait for another schema.",
      description: "Replicas of one release are ready and those of another are not: a migration "
        + "has not run, or not come to its end."),
    AlertRule(
      "SlipwayAuditDropped", .critical, for: "0m",
      "sum by (namespace, job, reason) (increase(slipway_audit_dropped_total{\(own)}[10m])) > 0",
      summary: "Requests are missing from the audit history for ever.",
      description: "{{ $value | humanize }} in ten minutes, for {{ $labels.reason }}."),
    AlertRule(
      "SlipwayAuditBehind", .warning, for: "5m", "slipway_audit_oldest_seconds{\(own)} > 60",
      summary: "The audit history is behind.",
      description: "On {{ $labels.pod }} a request waits for its row since "
        + "{{ $value | humanizeDuration }}; when the queue is full, rows are dropped."),
  ]

  private static let parts = [
    AlertRule(
      "SlipwayPageViewsBreakerOpen", .warning, for: "5m",
      #"avg_over_time(slipway_page_views_breaker_state{\#(own),state="closed"}[10m]) < 0.5"#,
      summary: "The source of page views is not asked any more.",
      description: "{{ $labels.pod }} has found it failing; counts come from memory as far as "
        + "they are there."),
    AlertRule(
      "SlipwayTokenKeysAway", .critical, for: "5m",
      "sum by (namespace, job) (increase(slipway_auth_tokens_total{\(own),"
        + #"outcome="keys_away"}[5m])) > 0"#,
      summary: "Tokens can not be checked.",
      description: "The keys of their issuer can not be read; requests with a token are refused."),
    AlertRule(
      "SlipwayCleanerFailing", .warning, for: "0m",
      "sum by (namespace, job, exported_job) (increase(slipway_cleaner_failures_total{\(own)}[6h]))"
        + " >= 3",
      summary: "Old rows are not deleted.",
      description: "{{ $labels.exported_job }} failed {{ $value | humanize }} times in six hours."),
  ]
}
