{{/* Metadata with the labels by which a Prometheus finds what is meant for it: a list of the context and the name. */}}
{{- define "slipway.monitoringMetadata" -}}
{{- $root := index . 0 -}}
{{- $metadata := include "slipway.metadata" (list $root (index . 1) "monitoring" dict) | fromYaml -}}
{{- mustMergeOverwrite $metadata (dict "labels" ($root.Values.monitoring.labels | default dict)) | toYaml -}}
{{- end -}}

{{/* A file of the chart with what holds for this release: a list of the context and the path. */}}
{{- define "slipway.filled" -}}
{{- $root := index . 0 -}}
{{- $root.Files.Get (index . 1)
  | replace "@service@" (include "slipway.fullName" $root)
  | replace "@namespace@" $root.Release.Namespace
  | replace "@runbooks@" $root.Values.monitoring.runbooks -}}
{{- end -}}
