import YAML

/// Settings of PostgreSQL that an environment cannot give: whatever runs the server decides them,
/// and with another value it would not start, or nobody would find it.
enum DatabaseParameters {
  /// The setting that has to fit the memory of a server.
  static let sharedBuffers = "shared_buffers"

  /// Where the server, its files and its clients are; no certificate is there.
  private static let ofEveryServer = [
    "config_file", "data_directory", "external_pid_file", "hba_file", "ident_file",
    "listen_addresses", "port", "ssl", "ssl_ca_file", "ssl_cert_file", "ssl_crl_dir",
    "ssl_crl_file",
    "ssl_dh_params_file", "ssl_key_file", "ssl_passphrase_command",
    "ssl_passphrase_command_supports_reload", "unix_socket_directories", "unix_socket_group",
    "unix_socket_permissions",
  ]

  /// What the operator refuses beside those.
  ///
  /// https://cloudnative-pg.io/documentation/current/postgresql_conf/#fixed-parameters
  private static let ofOperator = [
    "allow_alter_system", "allow_system_table_mods", "archive_cleanup_command", "archive_command",
    "archive_mode", "bonjour", "bonjour_name", "cluster_name", "data_sync_retry", "event_source",
    "full_page_writes", "hot_standby", "jit_provider", "log_destination", "log_directory",
    "log_file_mode", "log_filename", "log_rotation_age", "log_rotation_size",
    "log_truncate_on_rotation", "logging_collector", "primary_conninfo", "primary_slot_name",
    "promote_trigger_file", "recovery_end_command", "recovery_min_apply_delay", "recovery_target",
    "recovery_target_action", "recovery_target_inclusive", "recovery_target_lsn",
    "recovery_target_name", "recovery_target_time", "recovery_target_timeline",
    "recovery_target_xid", "restart_after_crash", "restore_command", "shared_preload_libraries",
    "ssl_ecdh_curve", "ssl_prefer_server_ciphers", "stats_temp_directory",
    "synchronous_standby_names", "syslog_facility", "syslog_ident", "syslog_sequence_numbers",
    "syslog_split_messages",
  ]

  /// What a database of this mode does not take.
  static func taken(by mode: Database.Mode) -> [String] {
    switch mode {
    case .bundled: ofEveryServer
    case .cloudNativePG: (ofEveryServer + ofOperator).sorted()
    case .sqlite, .external: []
    }
  }

  /// What is wrong with the settings, with their keys.
  static func problems(
    of parameters: [String: String], mode: Database.Mode, memory: Quantity?
  ) -> [(key: String, rule: PlatformRule)] {
    let taken = taken(by: mode)
    var problems = parameters.keys.sorted().filter(taken.contains).map { key in
      (key: key, rule: PlatformRule.parameterTaken(mode))
    }
    if let text = parameters[sharedBuffers], let size = bytes(text), let memory,
      !taken.isEmpty, size > memory.amount
    {
      problems.append((sharedBuffers, .sharedBuffersOverMemory(text, request: memory.text)))
    }
    return problems
  }

  /// An amount of memory as PostgreSQL reads it, nil where it is none: without a unit, pages.
  ///
  /// https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES
  static func bytes(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let units = ["": 8192, "B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40]
    guard (1...digitsMax).contains(digits.count), let count = Int(digits),
      let unit = units[String(text.dropFirst(digits.count))]
    else { return nil }
    let (size, overflow) = count.multipliedReportingOverflow(by: unit)
    return overflow ? .max : size
  }

  /// More is no size that any server has.
  private static let digitsMax = 15

  /// Whether the operator can read the version of PostgreSQL from the tag of this image.
  static func tellsVersion(_ image: String) -> Bool {
    major(of: image) != nil
  }

  /// The major of PostgreSQL by the tag of its image; nil where the tag does not begin with one.
  static func major(of image: String) -> Int? {
    ImageReference(image)?.tag.flatMap { Int($0.prefix { $0.isASCII && $0.isNumber }) }
  }

  /// The same as a regular expression for schemas; what is not given is another matter.
  static let versionPattern = "^$|^[^@]*:[0-9][A-Za-z0-9_.-]*(@|$)"
}

extension TextForm {
  /// The settings of PgBouncer that the operator leaves to others.
  ///
  /// https://cloudnative-pg.io/documentation/current/connection_pooling/
  static let poolerParameterName = TextForm(
    "a setting of PgBouncer that the operator of cloudnative-pg takes", examples: poolerParameters,
    pattern: TextPattern(poolerParameterNames.joined(separator: "|")))

  private static let poolerParameters = ["server_idle_timeout"]

  private static let poolerParameterNames = [
    "application_name_add_host", "autodb_idle_timeout", "cancel_wait_timeout",
    "client_idle_timeout", "client_login_timeout", "default_pool_size", "disable_pqexec",
    "dns_max_ttl", "dns_nxdomain_ttl", "idle_transaction_timeout", "ignore_startup_parameters",
    "listen_backlog", "log_connections", "log_disconnections", "log_pooler_errors", "log_stats",
    "max_client_conn", "max_db_connections", "max_packet_size", "max_prepared_statements",
    "max_user_connections", "min_pool_size", "pkt_buf", "query_timeout", "query_wait_timeout",
    "reserve_pool_size", "reserve_pool_timeout", "sbuf_loopcnt", "server_check_delay",
    "server_check_query", "server_connect_timeout", "server_fast_close", "server_idle_timeout",
    "server_lifetime", "server_login_retry", "server_reset_query", "server_reset_query_always",
    "server_round_robin", "stats_period", "suspend_timeout", "tcp_defer_accept", "tcp_keepalive",
    "tcp_keepcnt", "tcp_keepidle", "tcp_keepintvl", "tcp_socket_buffer", "tcp_user_timeout",
    "transaction_timeout", "verbose",
  ]
}
