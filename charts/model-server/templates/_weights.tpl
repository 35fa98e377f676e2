{{- /* A route that Argo Rollouts edits; made once, as all for stable. One a port, so that no release changes its text.
Takes: root, name, port, annotations. */ -}}
{{- define "model-server.weightsVirtualService" -}}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: {{ .name }}
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
            port:
              number: {{ .port }}
          weight: 100
        - destination:
            host: {{ .root.Release.Name }}-canary
            port:
              number: {{ .port }}
          weight: 0
{{- end }}

{{- /* As a hook it is outside the release's manifest: no upgrade or rollback sets the weights back. Takes: root, name, port. */ -}}
{{- define "model-server.weights.made" -}}
{{- $annotations := dict "helm.sh/hook" "pre-install" "helm.sh/hook-delete-policy" "before-hook-creation" -}}
{{- if eq .root.Values.route.weightsManagedBy "manifest" -}}{{- $annotations = dict -}}{{- end -}}
{{- include "model-server.weightsVirtualService" (merge (dict "annotations" $annotations) .) }}
{{- end }}

{{- /* Removes the hook object at uninstall without a Job: Helm deletes it before making this one, and this one after.
Takes: root, name, port. */ -}}
{{- define "model-server.weights.removed" -}}
{{- if eq .root.Values.route.weightsManagedBy "hook" -}}
{{- $annotations := dict "helm.sh/hook" "post-delete" "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" -}}
{{- include "model-server.weightsVirtualService" (merge (dict "annotations" $annotations) .) }}
{{- end -}}
{{- end }}
