{{/* Metadata with the labels by which a Prometheus finds what is meant for it: a list of the context and the name. */}}
{{- define "slipway.monitoringMetadata" -}}
{{- $root := index . 0 -}}
{{- $metadata := include "slipway.metadata" (list $root (index . 1) "monitoring" dict) | fromYaml -}}
{{- mustMergeOverwrite $metadata (dict "labels" ($root.Values.monitoring.labels | default dict)) | toYaml -}}
{{- end -}}

{{/* What the dashboard is known by, the same in every Grafana. */}}
{{- define "slipway.dashboard" -}}
slipway-{{ printf "%s/%s" .Release.Namespace (include "slipway.fullName" .) | sha256sum | trunc 12 }}
{{- end -}}

{{/* A file of the chart with what holds for this release: a list of the context and the path. */}}
{{- define "slipway.filled" -}}
{{- $root := index . 0 -}}
{{- $root.Files.Get (index . 1)
  | replace "@service@" (include "slipway.fullName" $root)
  | replace "@namespace@" $root.Release.Namespace
  | replace "@dashboard@" (include "slipway.dashboard" $root)
  | replace "@runbooks@" $root.Values.monitoring.runbooks -}}
{{- end -}}
