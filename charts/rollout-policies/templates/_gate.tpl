{{- /* One gate: its args, and the one metric, which cannot pass on silence. Both conditions ask for exactly one number;
failureLimit 0 and consecutiveSuccessLimit 1 let the first number decide; all else is Inconclusive up to count and then
pauses the release. Argo validates a template with its own defaults, hence those of the times; a release
passes its own. Takes: root, gate (name of the template and of its query), pass (operator to the threshold that passes),
threshold (arg), and args (the other thresholds). */ -}}
{{- define "rollout-policies.gate" -}}
{{- $measured := "len(result) == 1 && !isNaN(result[0])" -}}
{{- $fail := get (dict "<=" ">" ">=" "<") .pass -}}
{{- $threshold := printf "{{args.%s}}" .threshold -}}
apiVersion: argoproj.io/v1alpha1
kind: ClusterAnalysisTemplate
metadata:
  name: serinus-{{ .gate }}-v1
  labels:
    {{- include "rollout-policies.commonLabels" .root | nindent 4 }}
spec:
  args:
    {{- range concat (list "namespace" "rollout" "stable" "candidate") (list .threshold) .args }}
    - name: {{ . }}
    {{- end }}
    - name: interval
      value: 5s
    - name: count
      value: "60"
    - name: inconclusive-limit
      value: "59"
    - name: initial-delay
      value: 0s
  metrics:
    - name: {{ .gate }}
      initialDelay: {{ "{{args.initial-delay}}" | quote }}
      interval: {{ "{{args.interval}}" | quote }}
      count: {{ "{{args.count}}" | quote }}
      failureLimit: 0
      consecutiveSuccessLimit: 1
      inconclusiveLimit: {{ "{{args.inconclusive-limit}}" | quote }}
      # An error is tried again after 10 s: one minute without Prometheus is ridden out, more aborts.
      consecutiveErrorLimit: 6
      successCondition: {{ printf "%s && result[0] %s %s" $measured .pass $threshold | quote }}
      failureCondition: {{ printf "%s && result[0] %s %s" $measured $fail $threshold | quote }}
      provider:
        prometheus:
          address: {{ .root.Values.prometheus.address }}
          query: |
            {{- include "rollout-policies.query" . | nindent 12 }}
{{- end }}

{{- /* The gate's query file, with each <part> it names, but in comments, put in from queries/parts. */ -}}
{{- define "rollout-policies.query" -}}
{{- $query := .root.Files.Get (printf "queries/%s.promql" .gate) | trim -}}
{{- range $path, $_ := .root.Files.Glob "queries/parts/*.promql" -}}
{{- $part := base $path | trimSuffix ".promql" -}}
{{- $query = regexReplaceAllLiteral (printf "(?m)^( *)<%s>$" $part) $query ($.root.Files.Get $path | trim) -}}
{{- end -}}
{{- $query -}}
{{- end }}
