{{/* What a database and limits must keep to; Sources/Ops/Platform/DatabaseParameters.swift is the same in Swift. */}}
{{- define "slipway.databaseRules" -}}
{{- $database := .Values.database -}}
{{- if and (eq $database.mode "cloudnative-pg") $database.image (not (regexMatch "^[^@]*:[0-9][A-Za-z0-9_.-]*(@|$)" $database.image)) -}}
{{- fail "database.image: cloudnative-pg reads the version of PostgreSQL from the tag of its image; wanted: a tag that begins with a number, with or without a digest" -}}
{{- end -}}
{{- $scale := .Values.autoscale -}}
{{- $replicas := ternary $scale.max .Values.replicas $scale.enabled | int -}}
{{- if and (eq $database.mode "sqlite") (or $scale.enabled (gt $replicas 1)) -}}
{{- fail (printf "%s: sqlite on a volume serves one replica, not %d; set replicas: 1 without autoscale" (ternary "autoscale" "replicas" $scale.enabled) $replicas) -}}
{{- end -}}
{{- if has $database.mode (list "bundled" "cloudnative-pg") -}}
{{- $taken := list "config_file" "data_directory" "external_pid_file" "hba_file" "ident_file" "listen_addresses" "port" "ssl" "ssl_ca_file" "ssl_cert_file" "ssl_crl_dir" "ssl_crl_file" "ssl_dh_params_file" "ssl_key_file" "ssl_passphrase_command" "ssl_passphrase_command_supports_reload" "unix_socket_directories" "unix_socket_group" "unix_socket_permissions" -}}
{{- if eq $database.mode "cloudnative-pg" -}}
{{- $taken = concat $taken (list "allow_alter_system" "allow_system_table_mods" "archive_cleanup_command" "archive_command" "archive_mode" "bonjour" "bonjour_name" "cluster_name" "data_sync_retry" "event_source" "full_page_writes" "hot_standby" "jit_provider" "log_destination" "log_directory" "log_file_mode" "log_filename" "log_rotation_age" "log_rotation_size" "log_truncate_on_rotation" "logging_collector" "primary_conninfo" "primary_slot_name" "promote_trigger_file" "recovery_end_command" "recovery_min_apply_delay" "recovery_target" "recovery_target_action" "recovery_target_inclusive" "recovery_target_lsn" "recovery_target_name" "recovery_target_time" "recovery_target_timeline" "recovery_target_xid" "restart_after_crash" "restore_command" "shared_preload_libraries" "ssl_ecdh_curve" "ssl_prefer_server_ciphers" "stats_temp_directory" "synchronous_standby_names" "syslog_facility" "syslog_ident" "syslog_sequence_numbers" "syslog_split_messages") -}}
{{- end -}}
{{- range $name, $value := $database.parameters -}}
{{- if has $name $taken -}}
{{- fail (printf "database.parameters.%s: a database of mode %s does not take this setting: it is decided by what runs it" $name $database.mode) -}}
{{- end -}}
{{- end -}}
{{- with ($database.parameters | default dict).shared_buffers -}}
{{- if regexMatch "^[0-9]{1,15}(B|kB|MB|GB|TB)?$" . -}}
{{- $units := dict "" 8192.0 "B" 1.0 "kB" 1024.0 "MB" 1048576.0 "GB" 1073741824.0 "TB" 1099511627776.0 -}}
{{- $size := mulf (include "slipway.digits" .) (get $units (regexFind "[A-Za-z]*$" .)) -}}
{{- $memory := $database.resources.requests.memory -}}
{{- if gt $size (include "slipway.bytes" $memory | float64) -}}
{{- fail (printf "database.parameters.shared_buffers: %s of shared memory are more than the %s that a server requests" . $memory) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if eq .Values.migrations.mode "hook" -}}
{{- fail (printf "migrations.mode: a hook runs before a database of mode %s is there; use auto or job" $database.mode) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* No limit is under what is requested. */}}
{{- define "slipway.limitRules" -}}
{{- range $path, $resources := dict "resources" .Values.resources "database.resources" .Values.database.resources -}}
{{- range $key, $limit := $resources.limits -}}
{{- $request := get $resources.requests $key -}}
{{- if $limit -}}
{{- $reader := ternary "slipway.thousandths" "slipway.bytes" (eq $key "cpu") -}}
{{- if lt (include $reader $limit | float64) (include $reader $request | float64) -}}
{{- fail (printf "%s.limits.%s: the limit %s is under the request %s" $path $key $limit $request) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The whole number that a text begins with, whatever stands before it that counts for nothing. */}}
{{- define "slipway.digits" -}}
{{- regexReplaceAll "^0+" (regexFind "^[0-9]*" .) "" | default "0" -}}
{{- end -}}

{{/* Bytes of an amount of memory. */}}
{{- define "slipway.bytes" -}}
{{- $units := dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{- mulf (include "slipway.digits" .) (get $units (regexFind "[A-Za-z]*$" .)) -}}
{{- end -}}

{{/* Thousandths of a processor. */}}
{{- define "slipway.thousandths" -}}
{{- if hasSuffix "m" . -}}
{{- include "slipway.digits" . -}}
{{- else -}}
{{- mulf . 1000.0 -}}
{{- end -}}
{{- end -}}
