{{/* What the database is made of; Sources/Ops/Render/Objects/Database*.swift are the same in Swift. */}}

{{- define "slipway.databaseName" -}}
{{- include "slipway.fullName" . }}-database
{{- end -}}

{{- define "slipway.poolerName" -}}
{{- include "slipway.databaseName" . }}-pooler
{{- end -}}

{{/* The official image of PostgreSQL, unless the values name another. */}}
{{- define "slipway.postgresImage" -}}
{{- .Values.database.image | default "postgres:17.11-bookworm@sha256:639ab7ceb90e13123085b741fb31ef493fba25463002f6da665352e7b534b652" -}}
{{- end -}}

{{/* The Secret with the keys `url` and `password` of a bundled database. */}}
{{- define "slipway.databaseSecret" -}}
{{- $reference := .Values.secrets.database | default dict -}}
{{- $reference.existing | default (printf "%s-database" (include "slipway.fullName" .)) -}}
{{- end -}}

{{/* How many connections there are, as a mapping: clients, poolers, poolerServers, poolerClients, servers. */}}
{{- define "slipway.connections" -}}
{{- $replicas := ternary .Values.autoscale.max .Values.replicas .Values.autoscale.enabled | int -}}
{{- $poolSize := (.Values.env | default dict).POOL_SIZE | default "" -}}
{{- $poolSize = ternary ($poolSize | trimPrefix "0" | trimPrefix "0" | int) 0 (regexMatch "^[0-9]{1,3}$" $poolSize) | default 8 -}}
{{- $clients := mul (add $replicas 1) (add $poolSize 2) -}}
{{- $poolers := ternary 2 1 (gt (int .Values.database.instances) 1) -}}
{{- $poolerServers := ternary $clients 20 (eq .Values.database.pooler "session") -}}
{{- $servers := ternary $clients (mul $poolers (add $poolerServers 5)) (eq .Values.database.pooler "none") -}}
clients: {{ $clients }}
poolers: {{ $poolers }}
poolerServers: {{ $poolerServers }}
poolerClients: {{ max 1000 (mul (div (add $clients 99) 100) 100) }}
servers: {{ mul (div (add $servers 20 99) 100) 100 }}
{{- end -}}

{{/* Settings of PostgreSQL as a mapping. */}}
{{- define "slipway.postgresParameters" -}}
{{- $connections := (include "slipway.connections" . | fromYaml).servers | int | toString -}}
{{- $parameters := dict "max_connections" $connections -}}
{{/* On a small volume the log would fill it. */}}
{{- $log := divf (include "slipway.bytes" .Values.database.storage) 4194304 | int64 | max 32 -}}
{{- if lt $log 1024 }}{{ $_ := set $parameters "max_wal_size" (printf "%dMB" $log) }}{{ end -}}
{{- mustMergeOverwrite $parameters (.Values.database.parameters | default dict) | toYaml -}}
{{- end -}}

{{/* Settings of PgBouncer as a mapping. */}}
{{- define "slipway.poolerParameters" -}}
{{- $connections := include "slipway.connections" . | fromYaml -}}
{{- $parameters := dict
  "max_client_conn" ($connections.poolerClients | int | toString)
  "default_pool_size" ($connections.poolerServers | int | toString)
  "reserve_pool_size" "5" -}}
{{/* Before a request gives up on the database, the reserve is there for it; later it has given up. */}}
{{- $_ := set $parameters "reserve_pool_timeout" "2" -}}
{{- $_ := set $parameters "query_wait_timeout" "10" -}}
{{/* Behind a pooler of transactions the service can not tell the server so itself. */}}
{{- if eq .Values.database.pooler "transaction" }}{{ $_ := set $parameters "idle_transaction_timeout" "60" }}{{ end -}}
{{- mustMergeOverwrite $parameters (.Values.database.poolerParameters | default dict) | toYaml -}}
{{- end -}}

{{- define "slipway.databaseResources" -}}
{{- $requests := .Values.database.resources.requests -}}
{{- $limits := .Values.database.resources.limits | default dict -}}
requests:
  cpu: {{ $requests.cpu | toString | quote }}
  memory: {{ $requests.memory | toString | quote }}
limits:
  {{- with $limits.cpu }}
  cpu: {{ . | toString | quote }}
  {{- end }}
  memory: {{ $limits.memory | default $requests.memory | toString | quote }}
{{- end -}}

{{/*
A probe of PostgreSQL: a list of its period in seconds and of how many may fail. By TCP: while it is
made for the first time, PostgreSQL answers on its socket alone.
*/}}
{{- define "slipway.postgresReady" -}}
exec:
  command: [pg_isready, --quiet, --host=127.0.0.1, --port=5432, --username=slipway, --dbname=slipway]
periodSeconds: {{ index . 0 }}
timeoutSeconds: 5
failureThreshold: {{ index . 1 }}
{{- end -}}

{{/* Pods of PostgreSQL that the operator makes, but not its poolers, which have the name as well. */}}
{{- define "slipway.clusterPods" -}}
matchLabels:
  cnpg.io/cluster: {{ include "slipway.databaseName" . | quote }}
matchExpressions:
  - key: cnpg.io/poolerName
    operator: DoesNotExist
{{- end -}}

{{- define "slipway.poolerPods" -}}
matchLabels:
  cnpg.io/poolerName: {{ include "slipway.poolerName" . | quote }}
{{- end -}}

{{/* Pods evenly over zones, as far as there are any: their selector. */}}
{{- define "slipway.spread" -}}
- maxSkew: 1
  topologyKey: topology.kubernetes.io/zone
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    {{- . | nindent 4 }}
{{- end -}}

{{/* A rule for Prometheus: a list of the context and the port of the metrics. */}}
{{- define "slipway.metricsFrom" -}}
{{- $values := (index . 0).Values -}}
{{- if and $values.monitoring.enabled $values.network.metricsFrom -}}
- from:
    {{- include "slipway.networkNamespaces" $values.network.metricsFrom | nindent 4 }}
  ports:
    - port: {{ index . 1 }}
      protocol: TCP
{{- end }}
{{- end -}}

{{- define "slipway.apiServer" -}}
{{- with .Values.network.apiServerPorts -}}
- ports:
    {{- range . }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
{{- end }}
{{- end -}}

{{/* The pods that migrate, where there are any. */}}
{{- define "slipway.migrationPeer" -}}
{{- if has (include "slipway.migrationForm" .) (list "hook" "job") -}}
- podSelector:
    matchLabels:
      {{- include "slipway.selector" (list . "migration") | nindent 6 }}
{{- end }}
{{- end -}}
