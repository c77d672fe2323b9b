{{/* Backups and their proof; Sources/Ops/Render/Objects/BackupObjects.swift is the same in Swift. */}}

{{/* Whether there is a CronJob for a task: a list of the context and the task. */}}
{{- define "slipway.does" -}}
{{- $backup := (index . 0).Values.backup -}}
{{- if and $backup.enabled (or (eq (index . 1) "backup") $backup.drill.enabled) -}}
yes
{{- end -}}
{{- end -}}

{{/* A list of the context and the task. */}}
{{- define "slipway.backupAccountName" -}}
{{- $root := index . 0 -}}
{{- if $root.Values.serviceAccount.create -}}
{{- printf "%s-%s" (include "slipway.fullName" $root) (index . 1) -}}
{{- else -}}
{{- include "slipway.accountName" $root -}}
{{- end -}}
{{- end -}}

{{/* The values of a task, as JSON: what a drill does not say of itself it has in common. */}}
{{- define "slipway.backupTask" -}}
{{- $backup := (index . 0).Values.backup -}}
{{- ternary $backup $backup.drill (eq (index . 1) "backup") | toJson -}}
{{- end -}}

{{- define "slipway.backupImage" -}}
{{- .Values.backup.image | default (printf "%s-ops:%s" .Values.image.repository .Chart.AppVersion) -}}
{{- end -}}

{{/* The files of a task, as a JSON list. A pooler's servers would forget the snapshot that a backup is of; a drill has no business in the database. */}}
{{- define "slipway.backupMounts" -}}
{{- if eq (index . 1) "backup" -}}
{{- list (include "slipway.migrationMount" (index . 0) | fromJson) | toJson -}}
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{/* The pods that take backups, where there are any. */}}
{{- define "slipway.backupPeer" -}}
{{- if .Values.backup.enabled -}}
- podSelector:
    matchLabels:
      {{- include "slipway.selector" (list . "backup") | nindent 6 }}
{{- end }}
{{- end -}}

{{/* Services of clouds that lend credentials to those who ask from a pod. */}}
{{- define "slipway.networkMetadata" -}}
- to:
    {{- range list "169.254.169.254/32" "169.254.169.252/32" "169.254.170.23/32" "fd00:ec2::254/128" "fd00:ec2::23/128" }}
    - ipBlock:
        cidr: {{ . | quote }}
    {{- end }}
  ports:
    - protocol: TCP
      port: 80
    - protocol: TCP
      port: 988
{{- end -}}

{{/* The port of an address without a path. */}}
{{- define "slipway.addressPort" -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" .) | default (ternary "443" "80" (hasPrefix "https:" .)) -}}
{{- end -}}

{{- define "slipway.backupArguments" -}}
{{- $root := index . 0 -}}
{{- $backup := $root.Values.backup -}}
{{- $isRun := eq (index . 1) "backup" -}}
- backup
- {{ ternary "run" "drill" $isRun }}
{{- if $isRun }}
- --database
- {{ printf "file:%s" (include "slipway.migrationMount" $root | fromJson).path | quote }}
{{- end }}
- --store
- {{ $backup.store | quote }}
- --name
- {{ $backup.name | default (include "slipway.fullName" $root) | quote }}
{{- if $isRun }}
{{- range $backup.encryptTo }}
- --encrypt-to
- {{ . | quote }}
{{- end }}
{{- if $backup.signWith }}
- --sign-with
- file:/run/secrets/backup/signing.pem
{{- end }}
{{- else }}
{{- if $backup.drill.identity }}
- --identity
- file:/run/secrets/backup/identity
{{- end }}
{{- end }}
{{- range $backup.signedBy }}
- --signed-by
- {{ . | quote }}
{{- end }}
{{- with $backup.pushgateway }}
- --pushgateway
- {{ . | quote }}
{{- end }}
{{- end -}}
