{{- /* What a predictor may ask or tell others: its flags and volume for that, and the ports that leads to. */ -}}

{{- /* A YAML list, of nothing where neither is asked for. */ -}}
{{- define "model-server.outletFlags" -}}
{{- with .Values.events }}
{{- if .url }}
- --events-url={{ .url }}
- --events-queue={{ int .queue }}
{{- if .text }}
- --events-text
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.search }}
{{- if .url }}
- --search-url={{ .url }}
- --search-index={{ .index }}
{{- else if or .configMap .existingClaim }}
- --search-catalogue=/catalogue/{{ .file }}
{{- end }}
{{- if or .url .configMap .existingClaim }}
- --search-timeout-ms={{ int .timeoutMilliseconds }}
- --search-limit={{ int .limit }}
{{- end }}
{{- end }}
{{- end }}

{{- define "model-server.catalogueVolume" -}}
{{- with .Values.search -}}
{{- if .configMap -}}
- name: catalogue
  configMap:
    name: {{ .configMap }}
{{- else if .existingClaim -}}
- name: catalogue
  persistentVolumeClaim:
    claimName: {{ .existingClaim }}
    readOnly: true
{{- end -}}
{{- end -}}
{{- end }}

{{- /* The TCP ports of the URLs that are set, and further ones, as a JSON list. */ -}}
{{- define "model-server.egressPorts" -}}
{{- $ports := list -}}
{{- range compact (list .Values.events.url .Values.search.url .Values.tracing.endpoint) -}}
{{- $parts := urlParse . -}}
{{- $written := regexFind ":[0-9]+$" $parts.host | trimPrefix ":" -}}
{{- $ports = append $ports ($written | default (ternary "443" "80" (eq $parts.scheme "https")) | int) -}}
{{- end -}}
{{- range .Values.networkPolicy.egressPorts -}}{{- $ports = append $ports (int .) -}}{{- end -}}
{{- uniq $ports | toJson -}}
{{- end }}
