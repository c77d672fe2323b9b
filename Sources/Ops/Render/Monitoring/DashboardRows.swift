/// What the dashboard shows of the service itself: numbers first, then where they come from.
enum DashboardRows {
  private typealias Query = DashboardPanel.Query

  /// The release that was chosen, and of it the replicas that were chosen.
  static let own = #"namespace="$namespace",job="$service""#
  static let chosen = own + #",pod=~"$pod""#
  private static let requests = "http_server_request_duration_seconds"

  static let service: [Dashboard.Row] = [
    Dashboard.Row(title: "Now", panels: now), Dashboard.Row(title: "Requests", panels: traffic),
    Dashboard.Row(title: "Room", panels: room), Dashboard.Row(title: "Database", panels: database),
    Dashboard.Row(title: "Parts of the service", panels: parts),
    Dashboard.Row(title: "Processes", panels: processes),
  ]

  static func rate(_ metric: String, _ matchers: String, by labels: String) -> String {
    "sum by (\(labels)) (rate(\(metric){\(matchers)}[$__rate_interval]))"
  }

  private static func quantile(_ share: String, _ metric: String, by labels: String) -> String {
    "histogram_quantile(\(share), \(rate(metric + "_bucket", chosen, by: labels)))"
  }

  private static let now: [DashboardPanel] = [
    DashboardPanel(
      "Replicas", .numberOf(redBelow: 1), .count, "Replicas that answer Prometheus.",
      [Query("sum(up{\(own)})")]),
    DashboardPanel(
      "Requests", .number(redAbove: nil), .requests, "Probes left aside.",
      [Query("slipway:http_requests:rate5m{\(own)}")]),
    DashboardPanel(
      "Errors", .number(redAbove: 0.001), .share,
      "Requests answered 5xx, probes and page views left aside.",
      [Query("slipway:http_errors:ratio_rate5m{\(own)}")]),
    DashboardPanel(
      "Slowest hundredth", .number(redAbove: 0.5), .seconds,
      "One request in a hundred takes this long or longer.",
      [Query("slipway:http_duration_seconds:p99_5m{\(own)}")]),
    DashboardPanel(
      "Schema", .numberOf(redBelow: 1), .count, "1 where every replica can work with the schema.",
      [Query("min(slipway_schema_usable{\(own)})")]),
    DashboardPanel(
      "Requests not in the history", .number(redAbove: 1), .count,
      "Audit rows that were dropped in the last day.",
      [Query("sum(increase(slipway_audit_dropped_total{\(own)}[1d]))")]),
  ]

  private static let traffic: [DashboardPanel] = [
    DashboardPanel(
      "Requests by status", .stack, .requests, "All routes, probes included.",
      [
        Query(
          rate(requests + "_count", chosen, by: "http_response_status_code"),
          "{{http_response_status_code}}")
      ]),
    DashboardPanel(
      "Requests by route", .stack, .requests, "As the routes are written, methods together.",
      [Query(rate(requests + "_count", chosen, by: "http_route"), "{{http_route}}")]),
    DashboardPanel(
      "Errors", .lines, .share, "The share of 5xx over windows that the alerts look at.",
      ["5m", "1h", "6h"].map { window in
        Query("slipway:http_errors:ratio_rate\(window){\(own)}", window)
      }),
    DashboardPanel(
      "Duration", .lines, .seconds, "Half, nine in ten and all but one in a hundred are faster.",
      ["0.5", "0.9", "0.99"].map { Query(quantile($0, requests, by: "le"), $0) }),
    DashboardPanel(
      "Duration by route", .lines, .seconds, "All but one in a hundred are faster.",
      [Query(quantile("0.99", requests, by: "http_route, le"), "{{http_route}}")]),
    DashboardPanel(
      "Releases", .stack, .count, "Replicas by revision: a rollout is where two overlap.",
      [
        Query(
          "count by (version, revision) (slipway_build_info{\(own)})", "{{version}} {{revision}}")
      ]),
  ]

  private static let room: [DashboardPanel] = [
    DashboardPanel(
      "Requests under way", .lines, .count, "Read, handled or answered.",
      [Query(#"http_server_active_requests{\#(chosen),server="public"}"#, "{{pod}}")]),
    DashboardPanel(
      "Waiting for a worker", .lines, .count, "More than a few for long means too few workers.",
      [
        Query(#"http_server_worker_queue{\#(chosen),server="public"}"#, "{{pod}}"),
        Query("http_server_lane_queue{\(chosen)}", "{{pod}} {{lane}}"),
      ]),
    DashboardPanel(
      "Busy workers", .lines, .count, "Of each replica and of each lane.",
      [
        Query(#"http_server_workers_busy{\#(chosen),server="public"}"#, "{{pod}}"),
        Query("http_server_lane_workers_busy{\(chosen)}", "{{pod}} {{lane}}"),
      ]),
    DashboardPanel(
      "Refused", .stack, .perSecond, "By the server itself, a lane or the rate limit.",
      [
        Query(
          rate("http_server_refusals_total", chosen + #",server="public""#, by: "reason") + " > 0",
          "{{reason}}"),
        Query(rate("http_server_lane_refusals_total", chosen, by: "lane"), "lane {{lane}}"),
        Query(rate("slipway_rate_limited_requests_total", chosen, by: "job"), "rate limit"),
      ]),
    DashboardPanel(
      "Connections", .lines, .count, "Open connections of clients.",
      [Query(#"http_server_connections{\#(chosen),server="public"}"#, "{{pod}}")]),
    DashboardPanel(
      "New connections", .lines, .perSecond, "Many of them mean that clients do not keep theirs.",
      [
        Query(
          rate("http_server_connections_accepted_total", chosen + #",server="public""#, by: "pod"),
          "{{pod}}")
      ]),
  ]

  private static let database: [DashboardPanel] = [
    DashboardPanel(
      "Connections of the pools", .stack, .count, "Of all replicas together.",
      [Query("sum by (state) (db_client_connection_count{\(chosen)})", "{{state}}")]),
    DashboardPanel(
      "Waiting for a connection", .lines, .count, "For long, only where the pool is too small.",
      [Query("db_client_connection_pending_requests{\(chosen)}", "{{pod}}")]),
    DashboardPanel(
      "Lost connections", .lines, .perSecond, "Connections anew, and waits that were in vain.",
      [
        Query(rate("db_client_connection_reconnects_total", chosen, by: "job"), "anew"),
        Query(rate("db_client_connection_timeouts_total", chosen, by: "job"), "in vain"),
      ]),
    DashboardPanel(
      "Operations", .stack, .perSecond, "By the statement's name.",
      [
        Query(
          rate("db_client_operation_duration_seconds_count", chosen, by: "db_operation_name"),
          "{{db_operation_name}}")
      ]),
    DashboardPanel(
      "Duration of operations", .lines, .seconds, "All but one in twenty are faster.",
      [
        Query(
          quantile("0.95", "db_client_operation_duration_seconds", by: "db_operation_name, le"),
          "{{db_operation_name}}")
      ]),
    DashboardPanel(
      "Failed operations", .stack, .perSecond, "By kind; constraints are the clients' mistakes.",
      [
        Query(
          rate(
            "db_client_operation_duration_seconds_count", chosen + #",error_type!="""#,
            by: "error_type"), "{{error_type}}")
      ]),
  ]

  private static let processes: [DashboardPanel] = [
    DashboardPanel(
      "Processor", .lines, .processors, "User and system together.",
      [Query(rate("process_cpu_seconds_total", chosen, by: "pod"), "{{pod}}")]),
    DashboardPanel(
      "Memory", .lines, .bytes, "What is resident.",
      [Query("process_resident_memory_bytes{\(chosen)}", "{{pod}}")]),
    DashboardPanel(
      "File descriptors", .lines, .count, "Open ones.",
      [Query("process_open_fds{\(chosen)}", "{{pod}}")]),
  ]
}
