{{/* Secrets as files; Sources/Ops/Render/Objects/SecretMount.swift is the same in Swift. */}}

{{/* The key of a secret's value, by the secret's name. */}}
{{- define "slipway.secretKey" -}}
{{- get (dict "database" "url" "migrations" "url" "jwt" "secret") . | default "value" -}}
{{- end -}}

{{/* The variable that a secret is for, by the secret's name. */}}
{{- define "slipway.secretVariable" -}}
{{- $known := dict "database" "DATABASE_URL" "migrations" "DATABASE_URL" "jwt" "JWT_SECRET" -}}
{{- get $known . | default (. | upper | replace "-" "_") -}}
{{- end -}}

{{/* One file, as JSON: a list of the context, the secret's name and where it comes from. */}}
{{- define "slipway.mount" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $reference := index . 2 -}}
{{- $key := include "slipway.secretKey" $name -}}
{{- $mount := dict "name" $name "key" $key "variable" (include "slipway.secretVariable" $name) -}}
{{- if $reference.vault -}}
{{- $mount = merge $mount (dict "vault" $reference.vault "path" (printf "/vault/secrets/%s" $name)) -}}
{{- else -}}
{{- $secret := $reference.existing | default (printf "%s-%s" (include "slipway.fullName" $root) $name) -}}
{{- $mount = merge $mount (dict "secret" $secret "path" (printf "/run/secrets/slipway/%s/%s" $name $key)) -}}
{{- end -}}
{{- toJson $mount -}}
{{- end -}}

{{/* A file of the Secret that the operator of CloudNativePG makes: a list of the context, the key and the variable. */}}
{{- define "slipway.operatorMount" -}}
{{- $secret := printf "%s-database-app" (include "slipway.fullName" (index . 0)) -}}
{{- $path := printf "/run/secrets/slipway/database/%s" (index . 1) -}}
{{- dict "name" "database" "secret" $secret "key" (index . 1) "variable" (index . 2) "path" $path | toJson -}}
{{- end -}}

{{/* The file with the database's address, or with the password where the rest is known; nothing for SQLite. */}}
{{- define "slipway.databaseMount" -}}
{{- $mode := .Values.database.mode -}}
{{- if eq $mode "cloudnative-pg" -}}
{{- if eq .Values.database.pooler "none" -}}
{{- include "slipway.operatorMount" (list . "uri" "DATABASE_URL") -}}
{{- else -}}
{{- include "slipway.operatorMount" (list . "password" "POSTGRES_PASSWORD") -}}
{{- end -}}
{{- else if ne $mode "sqlite" -}}
{{- include "slipway.mount" (list . "database" (.Values.secrets.database | default dict)) -}}
{{- end -}}
{{- end -}}

{{/* The file with the address that migrations use: never that of a pooler. */}}
{{- define "slipway.migrationMount" -}}
{{- if .Values.secrets.migrations -}}
{{- include "slipway.mount" (list . "migrations" .Values.secrets.migrations) -}}
{{- else if eq .Values.database.mode "cloudnative-pg" -}}
{{- include "slipway.operatorMount" (list . "uri" "DATABASE_URL") -}}
{{- else -}}
{{- include "slipway.databaseMount" . -}}
{{- end -}}
{{- end -}}

{{/* The files of the service, as a JSON list in order of their names. */}}
{{- define "slipway.mounts" -}}
{{- $root := . -}}
{{- $mounts := dict -}}
{{- range $name, $reference := omit .Values.secrets "database" "migrations" -}}
{{- $_ := set $mounts $name (include "slipway.mount" (list $root $name $reference) | fromJson) -}}
{{- end -}}
{{- with include "slipway.databaseMount" . -}}
{{- $_ := set $mounts "database" (fromJson .) -}}
{{- end -}}
{{- $sorted := list -}}
{{- range $mounts }}{{ $sorted = append $sorted . }}{{ end -}}
{{- toJson $sorted -}}
{{- end -}}

{{/* The volumes of a list of files. */}}
{{- define "slipway.secretVolumes" -}}
{{- $secrets := list -}}
{{- $vault := false -}}
{{- range . }}
{{- if .vault }}{{ $vault = true }}{{ else }}{{ $secrets = append $secrets . }}{{ end }}
{{- end -}}
{{- if $secrets -}}
- name: secrets
  projected:
    # 0440: the group is that of the pod's files.
    defaultMode: 288
    sources:
      {{- range $secrets }}
      - secret:
          name: {{ .secret | quote }}
          items:
            - key: {{ .key }}
              path: {{ printf "%s/%s" .name .key }}
      {{- end }}
{{ end -}}
{{- if $vault -}}
- name: vault-token
  projected:
    defaultMode: 288
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3600
{{ end -}}
{{- end -}}

{{/* Where a list of files is mounted; Vault's agent mounts its own. */}}
{{- define "slipway.secretMounts" -}}
{{- $has := false -}}
{{- range . }}{{ if .secret }}{{ $has = true }}{{ end }}{{ end -}}
{{- if $has -}}
- name: secrets
  mountPath: /run/secrets/slipway
  readOnly: true
{{- end -}}
{{- end -}}

{{/* Vault's annotations of a pod: a list of the context, the files and whether the pod ends by itself. */}}
{{- define "slipway.vaultAnnotations" -}}
{{- $root := index . 0 -}}
{{- $texts := dict -}}
{{- range index . 1 -}}
{{- if .vault -}}
{{- $data := ternary ".Data.data" ".Data" (contains "/data/" .vault) -}}
{{- $_ := set $texts (printf "vault.hashicorp.com/agent-inject-secret-%s" .name) .vault -}}
{{- $template := printf "{{- with secret \"%s\" -}}{{ %s.%s }}{{- end -}}" .vault $data .key -}}
{{- $_ := set $texts (printf "vault.hashicorp.com/agent-inject-template-%s" .name) $template -}}
{{- end -}}
{{- end -}}
{{- if $texts -}}
{{- $_ := set $texts "vault.hashicorp.com/agent-inject" "true" -}}
{{- $_ := set $texts "vault.hashicorp.com/role" ($root.Values.vault.role | default (include "slipway.fullName" $root)) -}}
{{/* The pod itself has no token: the agent gets this one alone. */}}
{{- $_ := set $texts "vault.hashicorp.com/agent-service-account-token-volume-name" "vault-token" -}}
{{- if index . 2 }}{{ $_ := set $texts "vault.hashicorp.com/agent-pre-populate-only" "true" }}{{ end -}}
{{- end -}}
{{- toJson $texts -}}
{{- end -}}
