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
{{- include "slipway.databaseRules" . -}}
{{- include "slipway.limitRules" . -}}
{{- range $key, $entrance := dict "ingress" .Values.ingress "gateway" .Values.gateway -}}
{{- if and $entrance.enabled (not $entrance.host) -}}
{{- fail (printf "%s: what is served has to be named: host" $key) -}}
{{- end -}}
{{- end -}}
{{- $owners := dict -}}
{{- range $name, $reference := $secrets -}}
{{- with $reference.existing -}}
{{- $key := get (dict "database" "url" "migrations" "url" "jwt" "secret") $name | default "value" -}}
{{- $place := printf "%s/%s" . $key -}}
{{- with get $owners $place -}}
{{- fail (printf "secrets.%s: the key %s of the Secret %s is the secret '%s' already" $name $key $reference.existing .) -}}
{{- end -}}
{{- $_ := set $owners $place $name -}}
{{- end -}}
{{- end -}}
{{- $backup := .Values.backup -}}
{{- if and $backup.enabled (eq $mode "sqlite") -}}
{{- fail "backup.enabled: the file of sqlite is on the volume of its pod, which no other reaches; back up by snapshots of the volume, or take another database" -}}
{{- end -}}
{{- if and $backup.enabled (not $backup.store) -}}
{{- fail "backup: where backups go has to be named: store" -}}
{{- end -}}
{{- if and $backup.enabled $backup.drill.enabled $backup.encryptTo (not $backup.drill.identity) -}}
{{- fail "backup.drill: encrypted backups are opened by an identity alone; name the Secret that has it as drill.identity, or set drill: never and prove them elsewhere" -}}
{{- end -}}
{{- if and $backup.enabled $backup.signedBy (not $backup.signWith) -}}
{{- fail "backup.signedBy: no backup would have such a signature; name the Secret with the key that signs as signWith" -}}
{{- end -}}
{{- if and $backup.enabled $backup.signWith (not $backup.signedBy) -}}
{{- fail "backup.signWith: nobody would look at the signatures; name the public key as signedBy" -}}
{{- end -}}
{{- if and .Values.gateway.enabled (not .Values.gateway.name) -}}
{{- fail "gateway: the route has to name the Gateway that serves it: name" -}}
{{- end -}}
{{- if and (not .Values.image.digest) (eq (toString .Values.image.tag) "latest") -}}
{{- fail "image.tag: the tag latest is another image tomorrow; name a version's, or a digest" -}}
{{- end -}}
{{- range $name, $reference := omit $secrets "database" "migrations" "jwt" -}}
{{- if hasPrefix "database-" $name -}}
{{- fail (printf "secrets.%s: names that begin with database- are those of the Secrets that come with the database" $name) -}}
{{- end -}}
{{- $variable := include "slipway.secretVariable" $name -}}
{{- if has $variable (concat (include "slipway.takenVariables" $ | fromJsonArray) (list "APP_SETTINGS" "AUTH" "LOG_FORMAT" "REVISION" "JWT_SECRET")) -}}
{{- fail (printf "secrets.%s: the variable %s is set by something else; give the secret another name" $name $variable) -}}
{{- end -}}
{{- end -}}
{{- $taken := include "slipway.takenVariables" . | fromJsonArray -}}
{{- range $name, $reference := $secrets }}{{ $taken = append $taken (include "slipway.secretVariable" $name) }}{{ end -}}
{{- range $name, $value := .Values.env -}}
{{- $variable := trimSuffix "_FILE" $name -}}
{{- with get (dict "APP_SETTINGS" "environment" "AUTH" "auth") $variable -}}
{{- fail (printf "env.%s: the key '%s' decides this variable; set that one" $name .) -}}
{{- end -}}
{{- if eq $variable "REVISION" -}}
{{- fail (printf "env.%s: the image and the settings make the revision; leave it out" $name) -}}
{{- end -}}
{{- if or (has $variable $taken) (and (ne $variable $name) (eq $variable "LOG_FORMAT")) -}}
{{- fail (printf "env.%s: the database, a secret, or where the service listens and how it ends set this variable" $name) -}}
{{- end -}}
{{- end -}}
{{- if eq (int .Values.ports.http) (int .Values.ports.admin) -}}
{{- fail (printf "ports.admin: clients and metrics cannot both be served on %d" (int .Values.ports.http)) -}}
{{- end -}}
{{- $ready := int .Values.rollout.minReadySeconds -}}
{{- if le (int .Values.rollout.progressDeadlineSeconds) $ready -}}
{{- fail (printf "rollout.progressDeadlineSeconds: a deadline of %d seconds passes before a pod has been ready for %d; at least %d" (int .Values.rollout.progressDeadlineSeconds) $ready (add1 $ready)) -}}
{{- end -}}
{{- $name := include "slipway.fullName" . -}}
{{- if not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" $name) -}}
{{- fail (printf "the objects would be called '%s'; wanted: a name of a-z, 0-9 and -, at most 40 characters, a letter first: choose another name for the release, or set fullnameOverride" $name) -}}
{{- end -}}
{{- range $name, $value := .Values.env -}}
{{- if eq (include "slipway.isSecret" (dict "name" (upper $name) "value" (toString $value))) "true" -}}
{{- fail (printf "env.%s: a secret in clear; name where it comes from under 'secrets' instead" $name) -}}
{{- end -}}
{{- end -}}
{{- $texts := dict "labels" .Values.labels "annotations" .Values.annotations "pod.labels" .Values.pod.labels "pod.annotations" .Values.pod.annotations "service.annotations" .Values.service.annotations "ingress.annotations" .Values.ingress.annotations "serviceAccount.annotations" .Values.serviceAccount.annotations "monitoring.labels" .Values.monitoring.labels "database.parameters" .Values.database.parameters "database.poolerParameters" .Values.database.poolerParameters -}}
{{- range $path, $entries := $texts -}}
{{- range $name, $value := $entries -}}
{{- if eq (include "slipway.isSecretForm" (toString $value)) "true" -}}
{{- fail (printf "%s.%s: a secret in clear; name where it comes from under 'secrets' instead" $path $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .Values.database.image -}}
{{- $last := last (splitList "/" .) -}}
{{- if and (not (contains "@" .)) (or (not (contains ":" $last)) (hasSuffix ":latest" $last)) -}}
{{- fail (printf "database.image: '%s' is not allowed; wanted: an image with a tag other than latest, a digest or both (for example postgres:17)" .) -}}
{{- end -}}
{{- end -}}
{{- $scale := .Values.autoscale -}}
{{- if and $scale.enabled (gt (int $scale.min) (int $scale.max)) -}}
{{- fail (printf "autoscale.min: min %d is over max %d" (int $scale.min) (int $scale.max)) -}}
{{- end -}}
{{- end -}}

{{/* Variables that nobody else may set, as a JSON list; Sources/Ops/Render/Objects/TakenVariables.swift is the same in Swift. */}}
{{- define "slipway.takenVariables" -}}
{{- list "ADMIN_PORT" "DRAIN_DELAY" "DRAIN_TIMEOUT" "HTTP_PORT" "DATABASE_URL" "POSTGRES_DB" "POSTGRES_HOSTNAME" "POSTGRES_PASSWORD" "POSTGRES_USER" | toJson -}}
{{- end -}}

{{/* Whether a variable is likely to hold a secret; Sources/Ops/Platform/SecretInClear.swift tells the same ones. */}}
{{- define "slipway.isSecret" -}}
{{- $value := .value -}}
{{- if and $value (not (hasSuffix "_FILE" .name)) -}}
{{- $endings := "PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|CREDENTIALS|(API|ACCESS|PRIVATE|ENCRYPTION|SIGNING|SECRET|MASTER|SESSION)_?KEY|(^|_)(PASS|PWD)" -}}
{{- $additions := "[0-9_]*(_PREVIOUS|_VALUE)?$" -}}
{{- if and (regexMatch (printf "(%s)%s" $endings $additions) .name) (not (has $value (list "true" "false"))) -}}
true
{{- else if and (regexMatch (printf "KEY%s" $additions) .name) (regexMatch "^[0-9A-Fa-f]{32,}$" $value) -}}
true
{{- else if eq (include "slipway.isSecretForm" $value) "true" -}}
true
{{- else if and (regexMatch "^[A-Za-z0-9+/=_-]{32,}$" $value) (regexMatch "[A-Z]" $value) (regexMatch "[a-z]" $value) -}}
{{- $digits := len (regexFindAll "[0-9]" $value -1) -}}
{{- if and $digits (ge (mul $digits 20) (len $value)) (ge (len (uniq (splitList "" $value))) 16) -}}
true
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether a text is a secret by its form alone. */}}
{{- define "slipway.isSecretForm" -}}
{{- $border := "(^|[^!-~]|[=:,;\"'(&?])" -}}
{{- $tokens := "(AKIA|ASIA)[A-Za-z0-9_.-]{16}|(gh[pousr]_|github_pat_|sk-|hvs[.]|AGE-SECRET-KEY-1)[A-Za-z0-9_.-]{20}|glpat-[A-Za-z0-9_.-]{16}|(sk_live_|sk_test_|rk_live_)[A-Za-z0-9_.-]{8}|xox[bpa]-[A-Za-z0-9_.-]{10}|(AIza|npm_)[A-Za-z0-9_.-]{30}" -}}
{{- if regexMatch (printf "%s(%s)" $border $tokens) . -}}
true
{{- else if regexMatch "://[^/?]*:[^/?]*@|-----BEGIN |(?i)(^|[ ;,&?])(password|passwd|pwd)=[^ ;,&?]" . -}}
true
{{- else if regexMatch (printf "%seyJ[A-Za-z0-9_-]*[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]" $border) . -}}
true
{{- else if regexMatch (printf "%s(?i:bearer|basic)[^!-~]+[!-~]([!-~]{6,}[0-9A-Z=]|[!-~]*[0-9A-Z=][!-~]{6,})" $border) . -}}
true
{{- end -}}
{{- end -}}
