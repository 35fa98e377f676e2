{{- /* Names and labels; the release's name names every object but the ClusterAnalysisTemplates. */ -}}

{{- define "rollout-policies.selectorLabels" -}}
app.kubernetes.io/name: rollout-policies
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: referee
{{- end }}

{{- define "rollout-policies.commonLabels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: serinus
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "rollout-policies.labels" -}}
{{ include "rollout-policies.selectorLabels" . }}
{{ include "rollout-policies.commonLabels" . }}
{{- end }}

{{- define "rollout-policies.referee" -}}
{{ .Release.Name }}-referee
{{- end }}

{{- define "rollout-policies.claim" -}}
{{ .Values.persistence.existingClaim | default (include "rollout-policies.referee" .) }}
{{- end }}

{{- define "rollout-policies.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "rollout-policies.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
