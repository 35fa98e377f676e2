{{- /* Gates as a release runs them: their templates, and thresholds from the values as args. */ -}}

{{- /* One analysis step of one gate. Takes: root, gate (its key under .Values.gates), minRequests of a live gate,
delaySeconds before it first measures, and mostSeconds to its pause where its own timeoutSeconds would be too long. */ -}}
{{- define "model-server.gate" -}}
- analysis:
    {{- include "model-server.gates" (merge (dict "gates" (list .gate)) .) | nindent 4 }}
{{- end }}

{{- /* The golden gates, each a step of its own. With golden.baseline an Experiment comes before them: it starts a fresh pod
of the stable version for the candidate to be compared with and keeps it until each gate has its number. There the gates run
dry, for Argo goes on past an Experiment that could not decide, once a later try of it does; what decides is the steps behind
it, each at its first look, or undecided within a minute. Takes: root, gates. */ -}}
{{- define "model-server.goldenGateSteps" -}}
{{- $root := .root -}}
{{- $baseline := and .gates .root.Values.golden.baseline -}}
{{- if $baseline -}}
- experiment:
    templates:
      - name: baseline
        specRef: stable
        replicas: 1
        metadata:
          labels:
            serinus.dev/baseline: "true"
    analyses:
      {{- range .gates }}
      - name: {{ kebabcase . }}
        templateName: {{ include "model-server.analysisTemplate" (dict "root" $root "gate" .) }}
        clusterScope: true
        requiredForCompletion: true
        args:
          {{- include "model-server.identityArgs" $root | nindent 10 }}
          {{- include "model-server.gateArgs" (dict "root" $root "gate" .) | nindent 10 }}
      {{- end }}
    dryRun:
      - metricName: .*
    # Empty as Argo writes it when it writes the Rollout: missing, the steps would be Argo's from then on, and no longer Helm's.
    analysisRunMetadata: {}
{{- end }}
{{- range .gates }}
{{ include "model-server.gate" (dict "root" $root "gate" . "mostSeconds" (ternary 60 0 $baseline)) }}
{{- end }}
{{- end }}

{{- /* The templates and args of one run of several gates; takes the same, and gates instead of gate. */ -}}
{{- define "model-server.gates" -}}
templates:
  {{- range .gates }}
  - templateName: {{ include "model-server.analysisTemplate" (dict "root" $.root "gate" .) }}
    clusterScope: true
  {{- end }}
args:
  {{- include "model-server.identityArgs" .root | nindent 2 }}
  {{- range .gates }}
  {{- include "model-server.gateArgs" (merge (dict "gate" .) $) | nindent 2 }}
  {{- end }}
{{- end }}

{{- /* Who is judged against whom; Argo fills the hashes in when it makes the run. */ -}}
{{- define "model-server.identityArgs" -}}
- name: namespace
  value: {{ .Release.Namespace }}
- name: rollout
  value: {{ .Release.Name }}
- name: stable
  valueFrom:
    podTemplateHashValue: Stable
- name: candidate
  valueFrom:
    podTemplateHashValue: Latest
{{- end }}

{{- /* A gate's args, each under its name: thresholds in kebab-case (minPairs -> accuracy-min-pairs); count and
inconclusive-limit follow from its two times, so that a gate that never measured anything ends Inconclusive, never
Successful. */ -}}
{{- define "model-server.gateArgs" -}}
{{- $gate := index .root.Values.gates .gate -}}
{{- $name := include "model-server.gateName" . -}}
{{- $thresholds := omit $gate "enabled" "intervalSeconds" "timeoutSeconds" -}}
{{- if and .minRequests (not (has .gate (list "disagreement" "feedback"))) -}}{{- $thresholds = merge (dict "minRequests" (int .minRequests)) $thresholds -}}{{- end -}}
{{- if eq .gate "capacity" -}}
{{- /* All of its load but what may be lost: the slowest are answered last, and what never reached a pod no pod counts. */ -}}
{{- $least := mulf (subf 1.0 $gate.maxUnansweredRatio) $gate.rate $gate.seconds | ceil | int -}}
{{- $thresholds = merge (dict "minRequests" $least "path" (include "model-server.predictPath" .root)) $thresholds -}}
{{- end -}}
{{- $seconds := int $gate.timeoutSeconds -}}
{{- with .mostSeconds -}}{{- $seconds = max (min . $seconds) $gate.intervalSeconds -}}{{- end -}}
{{- $count := div $seconds (int $gate.intervalSeconds) -}}
{{- range $threshold, $value := $thresholds -}}
- name: {{ $name }}-{{ kebabcase $threshold }}
  value: {{ $value | quote }}
{{ end -}}
- name: {{ $name }}-interval
  value: {{ int $gate.intervalSeconds }}s
- name: {{ $name }}-count
  value: {{ $count | quote }}
- name: {{ $name }}-inconclusive-limit
  value: {{ sub $count 1 | quote }}
- name: {{ $name }}-initial-delay
  value: {{ int .delaySeconds }}s
{{- end }}

{{- /* A gate's name in templates and args; without our gateway only the pods can count errors. Takes: root, gate. */ -}}
{{- define "model-server.gateName" -}}
{{- if and (eq .gate "errors") (ne .root.Values.strategy.router "istio") -}}pod-errors{{- else -}}{{- kebabcase .gate -}}{{- end -}}
{{- end }}

{{- define "model-server.analysisTemplate" -}}
serinus-{{ include "model-server.gateName" . }}-v1
{{- end }}

{{- /* Seconds to the pause of the slowest gate that is on. Takes: root, of (preview or live). */ -}}
{{- define "model-server.longestGateSeconds" -}}
{{- $longest := 0 -}}
{{- range include (printf "model-server.%sGates" .of) .root | fromJsonArray -}}
{{- $longest = max $longest (int (index $.root.Values.gates .).timeoutSeconds) -}}
{{- end -}}
{{- $longest -}}
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

{{- /* Blue-green's before the switch: those of the golden walk, and the preview's capacity. */ -}}
{{- define "model-server.previewGates" -}}
{{- include "model-server.enabledGates" (dict "root" . "of" (list "pairedLatency" "accuracy" "capacity")) -}}
{{- end }}

{{- /* Of the golden gates, what a bake asks once more: not the paired latency, as the candidate has all users by then and stable none. */ -}}
{{- define "model-server.bakeGoldenGates" -}}
{{- include "model-server.enabledGates" (dict "root" . "of" (list "accuracy")) -}}
{{- end }}

{{- /* Of a mirror's steps: the live gates, and whether what was heard is the same. */ -}}
{{- define "model-server.mirrorGates" -}}
{{- include "model-server.enabledGates" (dict "root" . "of" (list "errors" "emptyTranscripts" "throughput" "latency" "disagreement")) -}}
{{- end }}

{{- /* Latency after those: its histogram leaves refusals out, so a candidate that only refuses would pause there unjudged.
Feedback last: it is the slowest to come. */ -}}
{{- define "model-server.liveGates" -}}
{{- include "model-server.enabledGates" (dict "root" . "of" (list "errors" "emptyTranscripts" "throughput" "latency" "feedback")) -}}
{{- end }}
