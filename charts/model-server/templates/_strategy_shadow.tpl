{{- /* A candidate that hears a rising share of what users say and answers nobody; then a person, or a canary. */ -}}
{{- define "model-server.strategy.shadow" -}}
canary:
  {{- include "model-server.traffic" . | nindent 2 }}
  {{- if eq .Values.strategy.shadow.then "canary" }}
  {{- include "model-server.watch" . | nindent 2 }}
  {{- end }}
  steps:
    {{- include "model-server.goldenSteps" . | nindent 4 }}
    {{- include "model-server.mirrorSteps" . | nindent 4 }}
    {{- if eq .Values.strategy.shadow.then "canary" }}
    {{- include "model-server.userSteps" . | nindent 4 }}
    {{- else }}
    # A person's promote gives it all users.
    - pause: {}
    {{- end }}
{{- end }}

{{- /* What is POSTed is mirrored: speech, and not the WebSockets of realtime sessions. By its path Istio would drop the route,
for a delegate may only narrow the paths of the route that delegates. To the candidate a mirrored request looks like any other, so its own counters are what the live gates read. */ -}}
{{- define "model-server.mirrorSteps" -}}
{{- range $step := .Values.strategy.shadow.steps }}
- setCanaryScale:
    weight: {{ int $step.percentage }}
- setMirrorRoute:
    name: {{ $.Release.Name }}-mirror
    percentage: {{ int $step.percentage }}
    match:
      - method:
          exact: POST
{{- range $order, $gate := include "model-server.mirrorGates" $ | fromJsonArray }}
{{ include "model-server.gate" (dict "root" $ "gate" $gate "minRequests" $step.minRequests "delaySeconds" (ternary $.Values.strategy.settleSeconds 0 (eq $order 0))) }}
{{- end }}
{{- end }}
# The name alone: the mirror is taken away.
- setMirrorRoute:
    name: {{ .Release.Name }}-mirror
{{- end }}
