/// Rules over the metrics of a database that CloudNativePG runs, and of its pooler.
enum DatabaseAlerts {
  static let name = "slipway-database"
  private static let here = #"namespace="\#(Placeholder.namespace.text)""#
  private static let servers = #"\#(here),pod=~"\#(Placeholder.service.text)-database-[0-9]+""#
  private static let poolers = #"\#(here),pod=~"\#(Placeholder.service.text)-database-pooler-.+""#

  static let group = RuleGroup(name: name, alerts: replication + use)

  private static let replication = [
    AlertRule(
      "SlipwayDatabaseNoPrimary", .critical, for: "1m",
      "(count by (namespace) (cnpg_pg_replication_in_recovery{\(servers)} == 0) "
        + "or 0 * count by (namespace) (cnpg_collector_up{\(servers)})) == 0",
      summary: "No server of the database takes writes.",
      description: "A failover has not come to its end."),
    AlertRule(
      "SlipwayDatabaseReplicaDetached", .warning, for: "10m",
      "cnpg_pg_replication_in_recovery{\(servers)} "
        + "> cnpg_pg_replication_is_wal_receiver_up{\(servers)}",
      summary: "A replica of the database receives nothing.",
      description: "{{ $labels.pod }} would be missing at a failover."),
    AlertRule(
      "SlipwayDatabaseReplicaBehind", .warning, for: "5m",
      "cnpg_pg_replication_lag{\(servers)} > 60",
      summary: "A replica of the database is behind.",
      description: "{{ $labels.pod }} is {{ $value | humanizeDuration }} behind."),
  ]

  private static let use = [
    AlertRule(
      "SlipwayDatabaseConnections", .warning, for: "10m",
      "sum by (namespace, pod) (cnpg_backends_total{\(servers)}) / on (namespace, pod) "
        + #"cnpg_pg_settings_setting{\#(servers),name="max_connections"} > 0.8"#,
      summary: "The database has few connections left.",
      description: "{{ $value | humanizePercentage }} of those of {{ $labels.pod }} are taken."),
    AlertRule(
      "SlipwayDatabaseLongTransaction", .warning, for: "5m",
      "max by (namespace, pod) (cnpg_backends_max_tx_duration_seconds{\(servers)}) > 900",
      summary: "A transaction has been open for long.",
      description: "On {{ $labels.pod }}, since {{ $value | humanizeDuration }}: it keeps old rows "
        + "from being cleaned up and migrations from their locks."),
    AlertRule(
      "SlipwayPoolerWaiting", .warning, for: "5m",
      "sum by (namespace) (avg_over_time(cnpg_pgbouncer_pools_cl_waiting{\(poolers)}[5m])) > 1",
      summary: "Clients wait for the pooler.",
      description: "{{ $value | humanize }} wait for a connection to the database, on average."),
  ]
}
