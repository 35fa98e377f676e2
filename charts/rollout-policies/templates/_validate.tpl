{{- /* Mistakes that values.schema.json cannot see, refused by a sentence. */ -}}
{{- define "rollout-policies.validate" -}}
{{- $names := list -}}
{{- range $index, $set := .Values.goldenSets -}}
{{- if has $set.name $names -}}
{{- fail (printf "goldenSets[%d].name must be unlike those before it, not %s again" $index $set.name) -}}
{{- end -}}
{{- $names = append $names $set.name -}}
{{- $sources := include "rollout-policies.goldenSources" $set -}}
{{- if or (not $sources) (contains "," $sources) -}}
{{- fail (printf "goldenSets[%d] (%s) must have exactly one of image, configMap, existingClaim and url, not %s" $index $set.name ($sources | default "none")) -}}
{{- end -}}
{{- if and $set.url (not $set.digest) -}}
{{- fail (printf "goldenSets[%d] (%s) must have a digest beside its url: sha256: and 64 hexadecimal digits, of the archive" $index $set.name) -}}
{{- end -}}
{{- if and $set.digest (not $set.url) -}}
{{- fail (printf "goldenSets[%d].digest is that of a url's archive; with %s it would not be checked" $index $sources) -}}
{{- end -}}
{{- end -}}
{{- $for := .Values.alerts.walkHeldUp.for -}}
{{- $unit := get (dict "s" 1 "m" 60 "h" 3600) (regexFind "[smh]$" $for) -}}
{{- if lt (mul (regexFind "^[0-9]+" $for | int) $unit) 600 -}}
{{- fail (printf "alerts.walkHeldUp.for must be at least 10m, for which a walk that is over is still shown, not %s" $for) -}}
{{- end -}}
{{- if and .Values.persistence.existingClaim (not .Values.persistence.enabled) -}}
{{- fail (printf "persistence.existingClaim (%s) would not be used: set persistence.enabled" .Values.persistence.existingClaim) -}}
{{- end -}}
{{- end }}
