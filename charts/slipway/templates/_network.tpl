{{/* The parts that NetworkPolicies are made of; Sources/Ops/Render/Objects/NetworkObjects.swift is the same in Swift. */}}

{{/* Names are resolved by pods of the cluster, or by a cache on each node. */}}
{{- define "slipway.networkNames" -}}
- to:
    {{- include "slipway.networkNamespaces" (list "kube-system") | nindent 4 }}
    - ipBlock:
        cidr: 169.254.20.10/32
  ports:
    - protocol: UDP
      port: 53
    - protocol: TCP
      port: 53
{{- end -}}

{{/* All pods of these namespaces. */}}
{{- define "slipway.networkNamespaces" -}}
{{- range . -}}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ . | quote }}
{{ end -}}
{{- end -}}

{{/*
The numbers that an address is made of, as a JSON list: four of 8 bits or eight of 16.
*/}}
{{- define "slipway.addressGroups" -}}
{{- $groups := list -}}
{{- if contains "." . -}}
{{- range splitList "." . }}{{ $groups = append $groups (int .) }}{{ end -}}
{{- else -}}
{{- $halves := list -}}
{{- range splitList "::" . }}{{ $halves = append $halves (splitList ":" . | compact) }}{{ end -}}
{{- $known := 0 -}}
{{- range $halves }}{{ $known = add $known (len .) }}{{ end -}}
{{- $texts := first $halves -}}
{{- range until (int (sub 8 $known)) }}{{ $texts = append $texts "0" }}{{ end -}}
{{- if gt (len $halves) 1 }}{{ $texts = concat $texts (last $halves) }}{{ end -}}
{{- range $texts -}}
{{- $number := 0 -}}
{{- range lower . | splitList "" -}}
{{- $number = add (mul $number 16) (index (dict "0" 0 "1" 1 "2" 2 "3" 3 "4" 4 "5" 5 "6" 6 "7" 7 "8" 8 "9" 9 "a" 10 "b" 11 "c" 12 "d" 13 "e" 14 "f" 15) .) -}}
{{- end -}}
{{- $groups = append $groups $number -}}
{{- end -}}
{{- end -}}
{{- toJson $groups -}}
{{- end -}}

{{/* Whether a block holds the metadata address of its family: a list of the block and that address. */}}
{{- define "slipway.blockHolds" -}}
{{- $parts := splitList "/" (index . 0) -}}
{{- $metadata := include "slipway.addressGroups" (index . 1) | fromJsonArray -}}
{{- $width := ternary 8 16 (eq (len $metadata) 4) -}}
{{- $holds := true -}}
{{- $left := last $parts | int -}}
{{- range $index, $group := include "slipway.addressGroups" (first $parts) | fromJsonArray -}}
{{- $size := 1 -}}
{{- range until (int (sub $width (max 0 (min $width $left)))) }}{{ $size = mul $size 2 }}{{ end -}}
{{- if ne (div $group $size) (div (index $metadata $index) $size) }}{{ $holds = false }}{{ end -}}
{{- $left = sub $left $width -}}
{{- end -}}
{{- if $holds }}yes{{ end -}}
{{- end -}}

{{/*
Blocks of addresses, without the metadata services of clouds, which hand the node's credentials to
whoever asks. A block that is such an address itself is left out.
*/}}
{{- define "slipway.networkBlocks" -}}
{{- range . -}}
{{- $metadata := ternary "169.254.169.254" "fd00:ec2::254" (contains "." .) -}}
{{- $length := ternary "/32" "/128" (contains "." .) -}}
{{- $holds := include "slipway.blockHolds" (list . $metadata) -}}
{{- if not (and $holds (hasSuffix $length .)) -}}
- ipBlock:
    cidr: {{ . | quote }}
    {{- if $holds }}
    except:
      - {{ printf "%s%s" $metadata $length | quote }}
    {{- end }}
{{ end -}}
{{- end -}}
{{- end -}}

{{/* Where may be connected to: a list of the peers and a port; nothing where there are no peers, as an empty list would be everywhere. */}}
{{- define "slipway.networkEgress" -}}
{{- if index . 0 | trim -}}
- to:
    {{- index . 0 | nindent 4 }}
  ports:
    - protocol: TCP
      port: {{ index . 1 }}
{{- end -}}
{{- end -}}

{{/* Where the database is: a list of the context and whether it is past the pooler. */}}
{{- define "slipway.networkDatabase" -}}
{{- $root := index . 0 -}}
{{- $database := $root.Values.database -}}
{{- if eq $database.mode "external" -}}
{{- $port := ternary (include "slipway.migrationPort" $root) (toString $database.port) (index . 1) -}}
{{- include "slipway.networkEgress" (list (include "slipway.networkBlocks" $root.Values.network.databases) $port) -}}
{{- else if ne $database.mode "sqlite" -}}
- to:
    - podSelector:
        {{- if eq $database.mode "bundled" }}
        matchLabels:
          {{- include "slipway.selector" (list $root "database") | nindent 10 }}
        {{- else }}
        {{- include "slipway.clusterPods" $root | nindent 8 }}
    {{- if not (index . 1) }}
    # A pooler may be put in or taken away while pods run that go the other way.
    - podSelector:
        {{- include "slipway.poolerPods" $root | nindent 8 }}
    {{- end }}
        {{- end }}
  ports:
    - protocol: TCP
      port: 5432
{{- end -}}
{{- end -}}

{{/* Where Vault is, for pods with files of its: a list of the context and the files. */}}
{{- define "slipway.networkVault" -}}
{{- $vault := false -}}
{{- range index . 1 }}{{ if .vault }}{{ $vault = true }}{{ end }}{{ end -}}
{{- if $vault -}}
{{- $namespace := (index . 0).Values.vault.namespace -}}
{{- include "slipway.networkEgress" (list (include "slipway.networkNamespaces" (list $namespace)) 8200) -}}
{{- end -}}
{{- end -}}
