{{- /* alerts/rules.yaml with this chart's values in place of its <words>: the groups of Prometheus's own rule files. */ -}}
{{- define "rollout-policies.alertRules" -}}
{{- $alerts := .Values.alerts -}}
{{- $words := dict "window" $alerts.window "minRequests" $alerts.minRequests "runbook" $alerts.runbook "namespace" .Release.Namespace "release" .Release.Name -}}
{{- range $alert, $settings := omit $alerts "window" "minRequests" "runbook" "prometheusRule" -}}
{{- range $name, $value := $settings -}}
{{- $_ := set $words (printf "%s.%s" $alert $name) $value -}}
{{- end -}}
{{- end -}}
{{- $rules := .Files.Get "alerts/rules.yaml" -}}
{{- range $word, $value := $words -}}
{{- $rules = replace (printf "<%s>" $word) (toString $value) $rules -}}
{{- end -}}
{{- regexReplaceAll "(?s)^.*?\ngroups:" $rules "groups:" -}}
{{- end }}
