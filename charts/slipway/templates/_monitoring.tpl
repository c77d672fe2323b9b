{{/* Metadata with the labels by which a Prometheus finds what is meant for it: a list of the context and the name. */}}
{{- define "slipway.monitoringMetadata" -}}
{{- $root := index . 0 -}}
{{- $metadata := include "slipway.metadata" (list $root (index . 1) "monitoring" dict) | fromYaml -}}
{{- mustMergeOverwrite $metadata (dict "labels" ($root.Values.monitoring.labels | default dict)) | toYaml -}}
{{- end -}}
