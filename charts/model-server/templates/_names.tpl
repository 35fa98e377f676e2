{{- /* Names and labels. The release's name names every object; the pod template carries selector labels only,
so that a new chart version alone starts no rollout. */ -}}

{{- define "model-server.selectorLabels" -}}
app.kubernetes.io/name: model-server
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "model-server.labels" -}}
{{ include "model-server.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: serinus
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "model-server.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "model-server.weights" -}}
{{ .Release.Name }}-weights
{{- end }}

{{- define "model-server.weightsGrpc" -}}
{{ .Release.Name }}-weights-grpc
{{- end }}

{{- /* Seconds from SIGTERM to exit at worst; 5 s for the process to end after its last answer. */ -}}
{{- define "model-server.graceSeconds" -}}
{{ add (ceil .Values.server.drainDelaySeconds | int) (int .Values.server.longestRequestSeconds) 5 }}
{{- end }}

{{- /* What every Service of ours listens on. */ -}}
{{- define "model-server.servicePorts" -}}
- name: http
  port: 80
  targetPort: http
  appProtocol: http
{{- if .Values.grpc.enabled }}
- name: grpc
  port: 8081
  targetPort: grpc
  appProtocol: grpc
{{- end }}
{{- end }}

{{- /* Where a clip is POSTed as audio/wav. */ -}}
{{- define "model-server.predictPath" -}}
/v1/models/{{ .Values.model.name }}:predict
{{- end }}
