{{- /* How the gateway holds connections to one Service. Takes: root, service (stable or canary). */ -}}
{{- define "model-server.destinationRule" -}}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: {{ .root.Release.Name }}-{{ .service }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "model-server.labels" .root | nindent 4 }}
spec:
  host: {{ .root.Release.Name }}-{{ .service }}.{{ .root.Release.Namespace }}.svc.cluster.local
  trafficPolicy:
    connectionPool:
      http:
        # Shorter than the predictor's own 65 s, so that no request goes into a connection it is just closing.
        idleTimeout: 30s
{{- end }}
