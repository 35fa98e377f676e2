{{- /* One gate: its args, and the one metric, which cannot pass on silence. Both conditions ask for exactly one number;
failureLimit 0 and consecutiveSuccessLimit 1 let the first number decide; all else is Inconclusive up to count and then
pauses the release. All args but the four of identity bear the gate's name, so that several gates can share a run, as
blue-green's must. Argo validates a template with its own defaults, hence those of the times; a release
passes its own. Takes: root, gate (name of the template and of its metric), query (its file, if not the gate's name),
absent (parts of the query that are 0 here), pass (operator to the threshold that passes), threshold (arg), and args
(the other thresholds). */ -}}
{{- define "rollout-policies.gate" -}}
{{- $measured := "len(result) == 1 && !isNaN(result[0])" -}}
{{- $fail := get (dict "<=" ">" ">=" "<") .pass -}}
{{- $threshold := printf "{{args.%s-%s}}" .gate .threshold -}}
{{ include "rollout-policies.templateHead" . }}
    - name: {{ .gate }}-interval
      value: 5s
    - name: {{ .gate }}-count
      value: "60"
    - name: {{ .gate }}-inconclusive-limit
      value: "59"
    - name: {{ .gate }}-initial-delay
      value: 0s
  metrics:
    - name: {{ .gate }}
      initialDelay: {{ printf "{{args.%s-initial-delay}}" .gate | quote }}
      interval: {{ printf "{{args.%s-interval}}" .gate | quote }}
      count: {{ printf "{{args.%s-count}}" .gate | quote }}
      failureLimit: 0
      consecutiveSuccessLimit: 1
      inconclusiveLimit: {{ printf "{{args.%s-inconclusive-limit}}" .gate | quote }}
      # An error is tried again after 10 s. Prometheus that is away proves nothing of the candidate, so the gate waits for
      # it, users where they are; after an hour a release that nobody can judge is aborted.
      consecutiveErrorLimit: 360
      successCondition: {{ printf "%s && result[0] %s %s" $measured .pass $threshold | quote }}
      failureCondition: {{ printf "%s && result[0] %s %s" $measured $fail $threshold | quote }}
      {{- include "rollout-policies.source" . | nindent 6 }}
{{- end }}

{{- /* The gate's query file: each <part> it names, but in comments, is put in from queries/parts, and each arg of its own
gets the gate's name. */ -}}
{{- define "rollout-policies.query" -}}
{{- $query := .root.Files.Get (printf "queries/%s.promql" (.query | default .gate)) | trim -}}
{{- $absent := .absent | default list -}}
{{- range $path, $_ := .root.Files.Glob "queries/parts/*.promql" -}}
{{- $part := base $path | trimSuffix ".promql" -}}
{{- $text := has $part $absent | ternary "vector(0)" ($.root.Files.Get $path | trim) -}}
{{- $query = regexReplaceAllLiteral (printf "(?m)^( *)<%s>$" $part) $query $text -}}
{{- end -}}
{{- range concat (list .threshold) .args -}}
{{- $query = replace (printf "{{args.%s}}" .) (printf "{{args.%s-%s}}" $.gate .) $query -}}
{{- end -}}
{{- $query -}}
{{- end }}

{{- /* The same query in the background of a release, from its first user to its end. It can only fail it: silence and a
share within bounds alike let it go on, for beside it each weight has its own gates, which silence does not pass.
Takes what a gate takes. */ -}}
{{- define "rollout-policies.watch" -}}
{{- $arg := printf "{{args.%s-%s}}" .gate .threshold -}}
{{ include "rollout-policies.templateHead" . }}
    - name: {{ .gate }}-interval
      value: 5s
  metrics:
    - name: {{ .gate }}
      interval: {{ printf "{{args.%s-interval}}" .gate | quote }}
      failureLimit: 0
      # Without Prometheus it sees nothing, which decides nothing.
      consecutiveErrorLimit: 8640
      successCondition: {{ printf "len(result) == 0 || isNaN(result[0]) || result[0] <= %s" $arg | quote }}
      failureCondition: {{ printf "len(result) == 1 && !isNaN(result[0]) && result[0] > %s" $arg | quote }}
      {{- include "rollout-policies.source" . | nindent 6 }}
{{- end }}

{{- /* What gates and watches have in common: the name, and the args that a release must give. */ -}}
{{- define "rollout-policies.templateHead" -}}
apiVersion: argoproj.io/v1alpha1
kind: ClusterAnalysisTemplate
metadata:
  name: serinus-{{ .gate }}-v1
  labels:
    {{- include "rollout-policies.commonLabels" .root | nindent 4 }}
spec:
  args:
    {{- range list "namespace" "rollout" "stable" "candidate" }}
    - name: {{ . }}
    {{- end }}
    {{- range concat (list .threshold) .args }}
    - name: {{ $.gate }}-{{ . }}
    {{- end }}
{{- end }}

{{- define "rollout-policies.source" -}}
provider:
  prometheus:
    address: {{ .root.Values.prometheus.address }}
    query: |
      {{- include "rollout-policies.query" . | nindent 6 }}
{{- end }}
