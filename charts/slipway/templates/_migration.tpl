{{/* How the schema is brought up to date; Sources/Ops/Render/Objects/MigrationObjects.swift is the same in Swift. */}}

{{- define "slipway.migrationName" -}}
{{- include "slipway.fullName" . }}-migrate
{{- end -}}

{{/* hook, job, initContainer or none. */}}
{{- define "slipway.migrationForm" -}}
{{- $mode := .Values.migrations.mode -}}
{{- if eq $mode "none" -}}
none
{{- else if eq .Values.database.mode "sqlite" -}}
initContainer
{{- else if eq $mode "auto" -}}
{{- $reference := .Values.secrets.migrations | default .Values.secrets.database | default dict -}}
{{- $fetched := or $reference.external $reference.vault -}}
{{- ternary "hook" "job" (and (eq .Values.database.mode "external") (not $fetched)) -}}
{{- else -}}
{{- $mode -}}
{{- end -}}
{{- end -}}

{{- define "slipway.migrationAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- include "slipway.migrationName" . -}}
{{- else -}}
{{- include "slipway.accountName" . -}}
{{- end -}}
{{- end -}}

{{/*
Annotations of what a hook has to find, its account and its policy, as JSON. Helm notes on ordinary
objects alone whose they are; with it these can become such, when the Job is a hook no longer.
*/}}
{{- define "slipway.migrationBasis" -}}
{{- $annotations := dict -}}
{{- if eq (include "slipway.migrationForm" .) "hook" -}}
{{- $annotations = dict
  "helm.sh/hook" "pre-install,pre-upgrade"
  "helm.sh/hook-delete-policy" "before-hook-creation"
  "helm.sh/hook-weight" "-10"
  "meta.helm.sh/release-name" .Release.Name
  "meta.helm.sh/release-namespace" .Release.Namespace -}}
{{- end -}}
{{- toJson $annotations -}}
{{- end -}}

{{/* Where migrations reach an external database: past a pooler it listens on another port. */}}
{{- define "slipway.migrationPort" -}}
{{- $database := .Values.database -}}
{{- $pastPooler := and (ne $database.pooler "none") .Values.secrets.migrations -}}
{{- .Values.migrations.port | default (ternary 5432 $database.port (not (empty $pastPooler))) | int -}}
{{- end -}}

{{- define "slipway.migrationSpec" -}}
{{- $mount := include "slipway.migrationMount" . | fromJson -}}
{{- $half := div (int .Values.migrations.deadlineSeconds) 2 -}}
{{- $wait := ternary (min $half 60) $half (eq .Values.database.mode "external") -}}
# What fails would fail again, and waiting is the command's own.
backoffLimit: 0
activeDeadlineSeconds: {{ .Values.migrations.deadlineSeconds }}
ttlSecondsAfterFinished: {{ .Values.migrations.keepSeconds }}
# A node that is drained says nothing of the migration; running it again is always right.
podFailurePolicy:
  rules:
    - action: Ignore
      onPodConditions:
        - type: DisruptionTarget
          status: "True"
template:
  metadata:
    labels:
      {{- include "slipway.podLabels" (list . "migration") | nindent 6 }}
    {{- $vault := include "slipway.vaultAnnotations" (list . (list $mount) true) | fromJson }}
    {{- with mustMergeOverwrite (dict) (.Values.pod.annotations | default dict) $vault }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    {{- include "slipway.isolation" (list . (include "slipway.migrationAccountName" .)) | nindent 4 }}
    restartPolicy: Never
    containers:
      - name: migrate
        {{- include "slipway.imageLines" . | nindent 8 }}
        command:
          - /usr/local/bin/ops
        args:
          - migrate
          - apply
          - --database
          - {{ printf "file:%s" $mount.path | quote }}
          - --wait
          - {{ printf "%ds" $wait }}
        {{- include "slipway.migrationResources" . | nindent 8 }}
        {{- include "slipway.containerSecurity" . | nindent 8 }}
        volumeMounts:
          - name: tmp
            mountPath: /tmp
          {{- include "slipway.secretMounts" (list $mount) | nindent 10 }}
    volumes:
      - name: tmp
        emptyDir:
          sizeLimit: 64Mi
      {{- include "slipway.secretVolumes" (list $mount) | nindent 6 }}
{{- end -}}
