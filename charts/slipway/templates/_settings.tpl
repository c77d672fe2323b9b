{{/* The variables of the service that are no secrets; Sources/Ops/Render/Objects/ServiceSettings.swift is the same in Swift. */}}

{{/* As JSON. `env` wins, save for what has a value of its own that other objects depend on. */}}
{{- define "slipway.settings" -}}
{{- $defaults := dict "LOG_FORMAT" "json" -}}
{{- $database := .Values.database -}}
{{- if eq $database.mode "sqlite" -}}
{{- $_ := set $defaults "DATABASE_URL" (include "slipway.dataAddress" .) -}}
{{- else if and (eq $database.mode "cloudnative-pg") (ne $database.pooler "none") -}}
{{- $_ := set $defaults "POSTGRES_HOSTNAME" (printf "%s-database-pooler" (include "slipway.fullName" .)) -}}
{{- $_ := set $defaults "POSTGRES_DB" "slipway" -}}
{{- $_ := set $defaults "POSTGRES_USER" "slipway" -}}
{{- end -}}
{{- $fixed := dict
  "APP_SETTINGS" .Values.environment
  "AUTH" .Values.auth
  "HTTP_PORT" (toString .Values.ports.http)
  "ADMIN_PORT" (toString .Values.ports.admin)
  "DRAIN_DELAY" (printf "%ds" (int .Values.shutdown.closeSeconds))
  "DRAIN_TIMEOUT" (printf "%ds" (int .Values.shutdown.drainSeconds)) -}}
{{- mustMergeOverwrite (dict) $defaults (.Values.env | default dict) $fixed | toJson -}}
{{- end -}}

{{/* What X-Revision names: image and settings. */}}
{{- define "slipway.revision" -}}
{{- $lines := "" -}}
{{- range $name, $value := include "slipway.settings" . | fromJson -}}
{{- $lines = printf "%s%s=%s\n" $lines $name $value -}}
{{- end -}}
{{- printf "%s\n%s" (include "slipway.image" .) (sha256sum $lines) | sha256sum | trunc 12 -}}
{{- end -}}

{{/* The settings with the revision. As JSON. */}}
{{- define "slipway.variables" -}}
{{- mustMergeOverwrite (include "slipway.settings" . | fromJson) (dict "REVISION" (include "slipway.revision" .)) | toJson -}}
{{- end -}}

{{- define "slipway.dataAddress" -}}
sqlite:////data/slipway.sqlite
{{- end -}}
