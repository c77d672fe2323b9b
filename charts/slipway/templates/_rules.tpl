{{/* What a schema cannot say, or says less plainly; Sources/Ops/Render/Chart/ChartRules.swift refuses the same. */}}
{{- define "slipway.rules" -}}
{{- $mode := .Values.database.mode -}}
{{- $secrets := .Values.secrets -}}
{{- if and (has $mode (list "sqlite" "cloudnative-pg")) $secrets.database -}}
{{- fail (printf "secrets.database: a database of mode %s has no use for this secret" $mode) -}}
{{- end -}}
{{- if and (eq $mode "sqlite") $secrets.migrations -}}
{{- fail (printf "secrets.migrations: a database of mode %s has no use for this secret" $mode) -}}
{{- end -}}
{{- if and (eq $mode "bundled") (($secrets.database | default dict).vault) -}}
{{- fail "secrets.database: the bundled database takes its password from a Secret; name one as existing, external or sops" -}}
{{- end -}}
{{- if and (eq $mode "external") (eq .Values.database.pooler "transaction") (not $secrets.migrations) (ne .Values.migrations.mode "none") -}}
{{- fail "database.pooler: migrations cannot go through a transaction pooler; name the direct address as secrets.migrations" -}}
{{- end -}}
{{- if and .Values.gateway.enabled (not .Values.gateway.name) -}}
{{- fail "gateway: the route has to name the Gateway that serves it: name" -}}
{{- end -}}
{{- if and (eq $mode "external") (eq .Values.database.pooler "transaction") (ne .Values.migrations.mode "none") (not $secrets.migrations) -}}
{{- fail "database.pooler: migrations cannot go through a transaction pooler; name the direct address as secrets.migrations" -}}
{{- end -}}
{{- $scale := .Values.autoscale -}}
{{- if and $scale.enabled (gt (int $scale.min) (int $scale.max)) -}}
{{- fail (printf "autoscale.min: min %d is over max %d" (int $scale.min) (int $scale.max)) -}}
{{- end -}}
{{- end -}}
