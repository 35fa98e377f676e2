{{- /* Mistakes that values.schema.json cannot see, refused by a sentence. */ -}}
{{- define "rollout-policies.validate" -}}
{{- $names := list -}}
{{- range $index, $set := .Values.goldenSets -}}
{{- if has $set.name $names -}}
{{- fail (printf "goldenSets[%d].name must be unlike those before it, not %s again" $index $set.name) -}}
{{- end -}}
{{- $names = append $names $set.name -}}
{{- end -}}
{{- if and .Values.persistence.existingClaim (not .Values.persistence.enabled) -}}
{{- fail (printf "persistence.existingClaim (%s) would not be used: set persistence.enabled" .Values.persistence.existingClaim) -}}
{{- end -}}
{{- end }}
