{{- /* What the predictor's pods and the test's pod have in common: who they run as, and the model's folder. */ -}}

{{- define "model-server.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "model-server.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "model-server.copyModel" -}}
{{- if .Values.model.image -}}
initContainers:
  - name: copy-model
    image: {{ .Values.model.image }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    command: [cp, -r, /model/., /target/]
    securityContext:
      {{- include "model-server.containerSecurityContext" . | nindent 6 }}
    resources:
      requests:
        cpu: 10m
        memory: 16Mi
    volumeMounts:
      - name: model
        mountPath: /target
{{- end }}
{{- end }}

{{- define "model-server.volumes" -}}
volumes:
  - name: model
    {{- if .Values.model.image }}
    emptyDir:
      sizeLimit: {{ .Values.model.sizeLimit }}
    {{- else if .Values.model.existingClaim }}
    persistentVolumeClaim:
      claimName: {{ .Values.model.existingClaim }}
      readOnly: true
    {{- else }}
    hostPath:
      path: {{ .Values.model.hostPath }}
      type: Directory
    {{- end }}
  - name: tmp
    emptyDir: {}
{{- end }}
