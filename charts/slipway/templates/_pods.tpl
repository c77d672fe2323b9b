{{/* What the pods of a release have in common; Sources/Ops/Render/Objects/PodParts.swift is the same in Swift. */}}

{{/* A list of the context and a component; without what changes with the chart alone. */}}
{{- define "slipway.podLabels" -}}
{{- $root := index . 0 -}}
{{- $own := dict
  "app.kubernetes.io/version" (include "slipway.version" $root)
  "app.kubernetes.io/part-of" (include "slipway.chart" $root) -}}
{{- $selector := include "slipway.selector" . | fromYaml -}}
{{- mustMergeOverwrite (dict) $own ($root.Values.labels | default dict) ($root.Values.pod.labels | default dict) $selector | toYaml -}}
{{- end -}}

{{/* Nothing of the cluster's is in a pod unless it is asked for: a list of the context and the account. */}}
{{- define "slipway.isolation" -}}
serviceAccountName: {{ index . 1 | quote }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with (index . 0).Values.pod }}
{{- if .pullSecrets }}
imagePullSecrets:
  {{- range .pullSecrets }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .tolerations }}
tolerations:
  {{- include "slipway.tolerations" .tolerations | nindent 2 }}
{{- end }}
{{- with .priorityClass }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "slipway.tolerations" -}}
{{- range . }}
- key: {{ .key | quote }}
  operator: {{ .operator | default "Equal" }}
  {{- with .value }}
  value: {{ . | quote }}
  {{- end }}
  {{- with .effect }}
  effect: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "slipway.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop:
      - ALL
{{- end -}}

{{/* The work is the server's; what runs here sends statements and waits. */}}
{{- define "slipway.migrationResources" -}}
resources:
  requests:
    cpu: 50m
    memory: 32Mi
  limits:
    cpu: 500m
    memory: 128Mi
{{- end -}}

{{- define "slipway.imageLines" -}}
image: {{ include "slipway.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}

{{- define "slipway.accountName" -}}
{{- $account := .Values.serviceAccount -}}
{{- $account.name | default (ternary (include "slipway.fullName" .) "default" $account.create) -}}
{{- end -}}
