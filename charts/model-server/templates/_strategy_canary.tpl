{{- /* A candidate that gets users weight by weight, each watched by gates; it may be taken back at any of them. */ -}}
{{- define "model-server.strategy.canary" -}}
canary:
  {{- include "model-server.traffic" . | nindent 2 }}
  {{- include "model-server.watch" . | nindent 2 }}
  steps:
    {{- include "model-server.goldenSteps" . | nindent 4 }}
    {{- include "model-server.userSteps" . | nindent 4 }}
{{- end }}

{{- /* Who sends users where: Istio by Argo's hand, or nothing but the number of pods. */ -}}
{{- define "model-server.traffic" -}}
stableService: {{ .Release.Name }}-stable
canaryService: {{ .Release.Name }}-canary
{{- if eq .Values.strategy.router "istio" }}
trafficRouting:
  {{- with include "model-server.managedRoutes" . | fromJsonArray }}
  managedRoutes:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  istio:
    virtualServices:
      - name: {{ include "model-server.weights" . }}
        routes: [primary]
      {{- if .Values.grpc.enabled }}
      - name: {{ include "model-server.weightsGrpc" . }}
        routes: [primary]
      {{- end }}
abortScaleDownDelaySeconds: {{ int .Values.strategy.abortScaleDownDelaySeconds }}
scaleDownDelaySeconds: {{ int .Values.strategy.scaleDownDelaySeconds }}
{{- else }}
# By whole pods, one more than there are, so that the weight is a share of pods that all serve.
maxSurge: 1
maxUnavailable: 0
{{- end }}
{{- end }}

{{- /* Routes that Argo makes and removes: the testers', then the mirror. */ -}}
{{- define "model-server.managedRoutes" -}}
{{- $routes := list -}}
{{- if .Values.strategy.testers.value -}}{{- $routes = append $routes (printf "%s-testers" .Release.Name) -}}{{- end -}}
{{- if eq .Values.strategy.type "shadow" -}}{{- $routes = append $routes (printf "%s-mirror" .Release.Name) -}}{{- end -}}
{{- toJson $routes -}}
{{- end }}

{{- /* In the background from the first user on: fails what is proven to fail users while another gate is at work, and
decides nothing else; each weight has its own gates inline. */ -}}
{{- define "model-server.watch" -}}
{{- if .Values.gates.errors.enabled -}}
{{- $name := printf "%s-watch" (include "model-server.gateName" (dict "root" . "gate" "errors")) -}}
analysis:
  startingStep: {{ include "model-server.goldenSteps" . | fromYamlArray | len }}
  templates:
    - templateName: serinus-{{ $name }}-v1
      clusterScope: true
  args:
    {{- include "model-server.identityArgs" . | nindent 4 }}
    - name: {{ $name }}-max-ratio
      value: {{ .Values.gates.errors.maxRatio | quote }}
    - name: {{ $name }}-min-requests
      value: {{ (first .Values.strategy.steps).minRequests | quote }}
    - name: {{ $name }}-interval
      value: {{ int .Values.gates.errors.intervalSeconds }}s
{{- end }}
{{- end }}

{{- /* Before users: one candidate pod, against which the referee walks the golden set; then testers and a person, if asked. */ -}}
{{- define "model-server.goldenSteps" -}}
{{- if eq .Values.strategy.router "istio" -}}
# One candidate pod without users, against which the referee walks the golden set.
- setCanaryScale:
    replicas: 1
- setWeight: 0
{{- else -}}
# The first candidate pod: without a router it has its share of users from the start.
- setWeight: 1
{{- end }}
{{- with include "model-server.goldenGateSteps" (dict "root" . "gates" (include "model-server.goldenGates" . | fromJsonArray)) }}
{{ . | trim }}
{{- end }}
{{- with .Values.strategy.testers.value }}
# Who knows the value reaches the candidate, whatever its weight.
- setHeaderRoute:
    name: {{ $.Release.Name }}-testers
    match:
      - headerName: x-serinus-candidate
        headerValue:
          exact: {{ . | quote }}
{{- end }}
{{- if .Values.strategy.pauseBeforeUsers }}
- pause: {}
{{- end }}
{{- end }}

{{- /* Weight by weight: pods first (Argo waits for them), then the users, then the gates. Last the bake: all users, stable
still there, and the gates look once more; without a router stable would be gone by then, so there is none. */ -}}
{{- define "model-server.userSteps" -}}
{{- $steps := .Values.strategy.steps -}}
{{- if and .Values.strategy.bake.enabled (eq .Values.strategy.router "istio") -}}
{{- $steps = append $steps (dict "weight" 100 "minRequests" .Values.strategy.bake.minRequests "bake" true) -}}
{{- end -}}
{{- range $step := $steps }}
{{- $istio := eq $.Values.strategy.router "istio" }}
{{- if $istio }}
- setCanaryScale:
    weight: {{ int $step.weight }}
{{- end }}
- setWeight: {{ int $step.weight }}
{{- $settle := ternary $.Values.strategy.bake.seconds $.Values.strategy.settleSeconds (hasKey $step "bake") }}
{{- range $order, $gate := include "model-server.liveGates" $ | fromJsonArray }}
{{ include "model-server.gate" (dict "root" $ "gate" $gate "minRequests" $step.minRequests "delaySeconds" (ternary $settle 0 (eq $order 0))) }}
{{- end }}
{{- if hasKey $step "bake" }}
{{- with include "model-server.goldenGateSteps" (dict "root" $ "gates" (include "model-server.bakeGoldenGates" $ | fromJsonArray)) }}
{{ . | trim }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
