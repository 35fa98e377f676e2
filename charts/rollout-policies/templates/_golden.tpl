{{- /* How a golden set reaches the referee: copied or fetched into the pod's own volume, or read where it lies. */ -}}

{{- define "rollout-policies.goldenSources" -}}
{{- $set := . -}}
{{- $given := list -}}
{{- range list "image" "configMap" "existingClaim" "url" -}}
{{- if hasKey $set . -}}{{- $given = append $given . -}}{{- end -}}
{{- end -}}
{{- join ", " $given -}}
{{- end }}

{{- define "rollout-policies.goldenPath" -}}
{{ hasKey . "existingClaim" | ternary "claims" "golden" | printf "/%s" }}/{{ .name }}
{{- end }}

{{- /* The init container of one set; none for a claim. Takes: root, set. */ -}}
{{- define "rollout-policies.goldenInit" -}}
{{- $name := .set.name -}}
{{- if .set.image }}
- name: copy-{{ $name }}
  image: {{ .set.image }}
  command: [cp, -r, /golden/., /target/]
{{- else if .set.configMap }}
- name: copy-{{ $name }}
  image: {{ include "rollout-policies.image" .root }}
  # A walk needs a set that stays as it is, and a mounted ConfigMap follows its object.
  command: [sh, -c, "cp -L /source/* /target/"]
{{- else }}
- name: fetch-{{ $name }}
  image: {{ include "rollout-policies.image" .root }}
  args: [golden, fetch, {{ .set.url | quote }}, --digest={{ .set.digest }}, --out=/target/{{ $name }}]
{{- end }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  securityContext:
    {{- include "rollout-policies.containerSecurityContext" .root | nindent 4 }}
  resources:
    requests:
      cpu: 10m
      memory: {{ hasKey .set "url" | ternary "96Mi" "16Mi" }}
  volumeMounts:
    - name: golden
      mountPath: /target
      {{- if not .set.url }}
      subPath: {{ $name }}
      {{- end }}
    {{- if .set.configMap }}
    - name: golden-{{ $name }}
      mountPath: /source
      readOnly: true
    {{- end }}
{{- end }}
