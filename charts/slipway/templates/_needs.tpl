{{/*
Refuses to go on where a cluster has no such kind of objects: a list of the context, an apiVersion,
what asks for it and what to do. Nothing is ever left out in silence.

Which kinds a cluster has is known only where one answers; `helm template` knows none but Kubernetes'
own, and renders everything. Every cluster serves apiregistration.k8s.io, which those do not hold.
*/}}
{{- define "slipway.needs" -}}
{{- $versions := (index . 0).Capabilities.APIVersions -}}
{{- $version := index . 1 -}}
{{- if and ($versions.Has "apiregistration.k8s.io/v1") (not ($versions.Has $version)) -}}
{{- fail (printf "%s needs %s, which this cluster does not have: %s" (index . 2) $version (index . 3)) -}}
{{- end -}}
{{- end -}}
