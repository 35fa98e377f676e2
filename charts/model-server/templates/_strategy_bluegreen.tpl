{{- /* A candidate in full beside the stable version: judged on the preview, then all users at once, judged again. Services
and routes are canary's, so that strategy.type can change by an upgrade: <release>-stable is the active one, <release>-canary
the preview. */ -}}
{{- define "model-server.strategy.blueGreen" -}}
blueGreen:
  activeService: {{ .Release.Name }}-stable
  previewService: {{ .Release.Name }}-canary
  autoPromotionEnabled: {{ not .Values.strategy.pauseBeforeUsers }}
  abortScaleDownDelaySeconds: {{ int .Values.strategy.abortScaleDownDelaySeconds }}
  # The old version stays warm so long; Argo would end the gates after the switch with it.
  scaleDownDelaySeconds: {{ int .Values.strategy.blueGreen.keepSeconds }}
  {{- with include "model-server.previewGates" . | fromJsonArray }}
  prePromotionAnalysis:
    {{- include "model-server.gates" (dict "root" $ "gates" .) | nindent 4 }}
  {{- end }}
  postPromotionAnalysis:
    {{- include "model-server.gates" (dict "root" . "gates" (include "model-server.liveGates" . | fromJsonArray) "minRequests" .Values.strategy.blueGreen.minRequests "delaySeconds" .Values.strategy.settleSeconds) | nindent 4 }}
{{- end }}

{{- /* Seconds from the switch to the pause at the latest. */ -}}
{{- define "model-server.afterSwitchSeconds" -}}
{{- add .Values.strategy.settleSeconds (int (include "model-server.longestGateSeconds" (dict "root" . "of" "live"))) -}}
{{- end }}

{{- /* Argo stops its clock at a canary's analysis steps, but not at blue-green's two (1.10): there it would take back a candidate
whose gates are still waiting for users, the walk, or Prometheus (an hour: consecutiveErrorLimit of the templates). */ -}}
{{- define "model-server.progressDeadlineSeconds" -}}
{{- $deadline := int .Values.strategy.progressDeadlineSeconds -}}
{{- if eq .Values.strategy.type "blueGreen" -}}
{{- $before := int (include "model-server.longestGateSeconds" (dict "root" . "of" "preview")) -}}
{{- $after := int (include "model-server.afterSwitchSeconds" .) -}}
{{- $deadline = add $deadline (max $before $after) 3600 -}}
{{- end -}}
{{- $deadline -}}
{{- end }}
