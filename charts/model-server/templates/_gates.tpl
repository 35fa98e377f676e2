{{- /* One analysis step: a gate's template and its args. Thresholds become args by their own name in kebab-case
(minPairs -> min-pairs); count and inconclusiveLimit follow from the gate's two times, so that a gate that
never measured anything ends Inconclusive, never Successful.
Takes: root, gate (the key under .Values.gates), thresholds beyond the gate's own values, and delaySeconds before it
first measures. */ -}}
{{- define "model-server.gate" -}}
{{- $gate := index .root.Values.gates .gate -}}
{{- $thresholds := merge (omit $gate "enabled" "intervalSeconds" "timeoutSeconds") (.thresholds | default dict) -}}
{{- $count := div (int $gate.timeoutSeconds) (int $gate.intervalSeconds) -}}
- analysis:
    templates:
      - templateName: {{ include "model-server.analysisTemplate" .gate }}
        clusterScope: true
    args:
      - name: namespace
        value: {{ .root.Release.Namespace }}
      - name: rollout
        value: {{ .root.Release.Name }}
      - name: stable
        valueFrom:
          podTemplateHashValue: Stable
      - name: candidate
        valueFrom:
          podTemplateHashValue: Latest
      {{- range $name, $value := $thresholds }}
      - name: {{ kebabcase $name }}
        value: {{ $value | quote }}
      {{- end }}
      - name: interval
        value: {{ int $gate.intervalSeconds }}s
      - name: count
        value: {{ $count | quote }}
      - name: inconclusive-limit
        value: {{ sub $count 1 | quote }}
      - name: initial-delay
        value: {{ int .delaySeconds }}s
{{- end }}

{{- define "model-server.analysisTemplate" -}}
serinus-{{ kebabcase . }}-v1
{{- end }}

{{- /* The gates that are on, of those named in the list `of`, as a JSON list. */ -}}
{{- define "model-server.enabledGates" -}}
{{- $enabled := list -}}
{{- range .of -}}
{{- if (index $.root.Values.gates .).enabled -}}{{- $enabled = append $enabled . -}}{{- end -}}
{{- end -}}
{{- toJson $enabled -}}
{{- end }}

{{- define "model-server.goldenGates" -}}
{{- include "model-server.enabledGates" (dict "root" . "of" (list "pairedLatency" "accuracy")) -}}
{{- end }}

{{- /* Latency last: its histogram leaves refusals out, so a candidate that only refuses would pause there unjudged. */ -}}
{{- define "model-server.liveGates" -}}
{{- include "model-server.enabledGates" (dict "root" . "of" (list "errors" "throughput" "latency")) -}}
{{- end }}
