/// What the dashboard shows of the parts of the service, and of what is around it.
extension DashboardRows {
  private typealias Query = DashboardPanel.Query

  static let parts: [DashboardPanel] = [
    DashboardPanel(
      "Audit history: waiting", .lines, .count, "Requests without a row in the history yet.",
      [Query("slipway_audit_queue_entries{\(chosen)}", "{{pod}}")]),
    DashboardPanel(
      "Audit history: age", .lines, .seconds, "How long the oldest of them waits.",
      [Query("slipway_audit_oldest_seconds{\(chosen)}", "{{pod}}")]),
    DashboardPanel(
      "Audit history: rows", .lines, .perSecond, "Written, and dropped for ever.",
      [
        Query(rate("slipway_audit_written_total", chosen, by: "job"), "written"),
        Query(rate("slipway_audit_dropped_total", chosen, by: "reason"), "dropped: {{reason}}"),
      ]),
    DashboardPanel(
      "Page views", .stack, .perSecond, "Where counts were found.",
      [Query(rate("slipway_page_views_lookups_total", chosen, by: "result"), "{{result}}")]),
    DashboardPanel(
      "Source of page views", .lines, .seconds, "All but one call in twenty are faster.",
      [
        Query(
          "histogram_quantile(0.95, "
            + rate("http_client_request_duration_seconds_bucket", chosen, by: "le") + ")", "0.95")
      ]),
    DashboardPanel(
      "Breaker", .stack, .count, "Replicas by the state of theirs: open asks the source no more.",
      [Query("sum by (state) (slipway_page_views_breaker_state{\(chosen)})", "{{state}}")]),
    DashboardPanel(
      "Tokens", .stack, .perSecond, "What became of requests that showed one or had to.",
      [Query(rate("slipway_auth_tokens_total", chosen, by: "outcome") + " > 0", "{{outcome}}")]),
    DashboardPanel(
      "Requests with a key", .stack, .perSecond, "Idempotency-Key, by what became of them.",
      [Query(rate("slipway_idempotent_requests_total", chosen, by: "outcome"), "{{outcome}}")]),
    DashboardPanel(
      "Rows", .stack, .perSecond, "Imported, and deleted because they are old.",
      [
        Query(rate("slipway_import_rows_total", chosen, by: "outcome"), "import: {{outcome}}"),
        Query(
          rate("slipway_cleaner_deleted_rows_total", chosen, by: "exported_job"),
          "deleted: {{exported_job}}"),
      ]),
  ]

  static let surroundings: [Dashboard.Row] = [
    Dashboard.Row(
      title: "Kubernetes (with kube-state-metrics)", panels: kubernetes, isCollapsed: true),
    Dashboard.Row(title: "PostgreSQL (with CloudNativePG)", panels: servers, isCollapsed: true),
  ]

  private static let here = #"namespace="$namespace""#
  private static let container =
    #"\#(here),container="app",pod=~"$service-[a-z0-9]+-[a-z0-9]{5}""#
  private static let postgres = #"\#(here),pod=~"$service-database-[0-9]+""#

  private static let kubernetes: [DashboardPanel] = [
    DashboardPanel(
      "Replicas", .lines, .count, "Wanted, ready and updated.",
      [
        ("spec_replicas", "wanted"), ("status_replicas_ready", "ready"),
        ("status_replicas_updated", "updated"),
      ].map { metric, legend in
        Query(
          #"kube_deployment_\#(metric){\#(here),deployment="$service"}"#,
          legend)
      }),
    DashboardPanel(
      "Memory of the limit", .lines, .share, "At 1 the replica is killed.",
      [
        Query(
          "max by (pod) (container_memory_working_set_bytes{\(container)}) / max by (pod) "
            + #"(kube_pod_container_resource_limits{\#(container),resource="memory"})"#, "{{pod}}")
      ]),
    DashboardPanel(
      "Restarts", .lines, .count, "In the last hour.",
      [
        Query(
          "increase(kube_pod_container_status_restarts_total{\(container)}[1h])", "{{pod}}")
      ]),
  ]

  private static let servers: [DashboardPanel] = [
    DashboardPanel(
      "Connections", .lines, .count, "Of each server.",
      [Query("sum by (pod) (cnpg_backends_total{\(postgres)})", "{{pod}}")]),
    DashboardPanel(
      "Behind the primary", .lines, .seconds, "Of each replica.",
      [Query("cnpg_pg_replication_lag{\(postgres)}", "{{pod}}")]),
    DashboardPanel(
      "Clients of the pooler", .lines, .count, "That have a server connection or wait for one.",
      ["active", "waiting"].map { state in
        Query(
          "sum(cnpg_pgbouncer_pools_cl_\(state){\(here),"
            + #"pod=~"$service-database-pooler-.+"})"#, state)
      }),
  ]
}
