{{/* What names and labels are made of; Sources/Ops/Render/Objects/ChartRelease.swift is the same in Swift. */}}

{{- define "slipway.chart" -}}
{{- .Values.nameOverride | default "slipway" -}}
{{- end -}}

{{- define "slipway.fullName" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else -}}
{{- $chart := include "slipway.chart" . -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- $name | trunc 40 | trimAll "-" -}}
{{- end -}}
{{- end -}}

{{- define "slipway.image" -}}
{{- $image := .Values.image -}}
{{- $image.repository -}}
{{- if $image.tag }}:{{ $image.tag }}{{ else if not $image.digest }}:{{ .Chart.AppVersion }}{{ end -}}
{{- if $image.digest }}@{{ $image.digest }}{{ end -}}
{{- end -}}

{{- define "slipway.version" -}}
{{- if .Values.image.tag -}}
{{- .Values.image.tag | trunc 63 | trimAll "-_." -}}
{{- else if .Values.image.digest -}}
{{- .Values.image.digest | trimPrefix "sha256:" | trunc 12 -}}
{{- else -}}
{{- .Chart.AppVersion -}}
{{- end -}}
{{- end -}}

{{/* A list of the context and a component. */}}
{{- define "slipway.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "slipway.chart" $root | quote }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 | quote }}
{{- end -}}

{{/* A list of the context and a component; what objects are found by cannot be overridden. */}}
{{- define "slipway.labels" -}}
{{- $root := index . 0 -}}
{{- $own := dict
  "app.kubernetes.io/version" (include "slipway.version" $root)
  "app.kubernetes.io/part-of" (include "slipway.chart" $root)
  "app.kubernetes.io/managed-by" $root.Release.Service
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version) -}}
{{- $selector := include "slipway.selector" . | fromYaml -}}
{{- mustMergeOverwrite (dict) $own ($root.Values.labels | default dict) $selector | toYaml -}}
{{- end -}}

{{/* A list of the context, the name, the component and the object's own annotations. */}}
{{- define "slipway.metadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 | quote }}
namespace: {{ $root.Release.Namespace | quote }}
labels:
  {{- include "slipway.labels" (list $root (index . 2)) | nindent 2 }}
{{- with mustMergeOverwrite (dict) ($root.Values.annotations | default dict) (index . 3) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
