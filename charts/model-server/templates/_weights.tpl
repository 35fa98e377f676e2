{{- /* The route that Argo Rollouts edits; made once, as all for stable. Takes: root, annotations. */ -}}
{{- define "model-server.weightsVirtualService" -}}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: {{ include "model-server.weights" .root }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "model-server.labels" .root | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  http:
    - name: primary
      route:
        - destination:
            host: {{ .root.Release.Name }}-stable
          weight: 100
        - destination:
            host: {{ .root.Release.Name }}-canary
          weight: 0
{{- end }}
