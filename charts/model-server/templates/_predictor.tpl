{{- /* The predictor's pod: the same whichever strategy brings it to users. */ -}}
{{- define "model-server.predictor" -}}
metadata:
  labels:
    {{- include "model-server.selectorLabels" . | nindent 4 }}
    app.kubernetes.io/component: predictor
  {{- if or .Values.monitoring.annotations .Values.model.digest }}
  annotations:
    {{- if .Values.monitoring.annotations }}
    prometheus.io/scrape: "true"
    prometheus.io/port: "8080"
    prometheus.io/path: /metrics
    {{- end }}
    {{- with .Values.model.digest }}
    # Content that a claim or a directory holds is a release of its own only by this.
    serinus.dev/model-digest: {{ . | quote }}
    {{- end }}
  {{- end }}
spec:
  serviceAccountName: {{ .Release.Name }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "model-server.graceSeconds" . }}
  securityContext:
    {{- include "model-server.podSecurityContext" . | nindent 4 }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "model-server.copyModel" . }}
  {{- . | nindent 2 }}
  {{- end }}
  containers:
    - name: predictor
      image: {{ include "model-server.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        - --model=/model
        - --served-name={{ .Values.model.name }}
        # Probes, the gateway and the referee come by the pod's address.
        - --host=0.0.0.0
        - --port=8080
        {{- if .Values.grpc.enabled }}
        - --grpc-port=8081
        {{- end }}
        - --engine-processes={{ int .Values.server.engineProcesses }}
        - --threads={{ int .Values.server.threads }}
        - --voice-activity={{ ternary "on" "off" .Values.server.voiceActivity }}
        - --vad-mode={{ int .Values.server.vadMode }}
        - --input-quality={{ ternary "on" "off" .Values.server.inputQuality }}
        - --queue-seconds={{ .Values.server.queueSeconds }}
        {{- with .Values.server.callerHeader }}
        - --caller-header={{ . }}
        {{- end }}
        {{- with .Values.server.callerQueueSeconds }}
        - --caller-queue-seconds={{ . }}
        {{- end }}
        - --deadline-seconds={{ .Values.server.deadlineSeconds }}
        - --drain-delay-seconds={{ .Values.server.drainDelaySeconds }}
        - --max-audio-seconds={{ .Values.server.maxAudioSeconds }}
        - --realtime-sessions={{ int .Values.server.realtimeSessions }}
        - --realtime-session-seconds={{ .Values.server.realtimeSessionSeconds }}
        - --realtime-idle-seconds={{ .Values.server.realtimeIdleSeconds }}
        - --upload-timeout-seconds={{ .Values.server.uploadTimeoutSeconds }}
        {{- if .Values.server.logTranscripts }}
        - --log-transcripts
        {{- end }}
        {{- range include "model-server.outletFlags" . | fromYamlArray }}
        - {{ . }}
        {{- end }}
        - --automation={{ .Values.automation.degree }}
        - --review-threshold={{ .Values.automation.reviewThreshold }}
        {{- range $name, $value := .Values.faults }}
        - --fault={{ $name }}={{ $value }}
        {{- end }}
      env:
        # Every answer names the version that gave it.
        - name: SERINUS_POD_TEMPLATE_HASH
          valueFrom:
            fieldRef:
              fieldPath: metadata.labels['{{ include "model-server.hashLabel" . }}']
        {{- with .Values.tracing.endpoint }}
        - name: OTEL_EXPORTER_OTLP_ENDPOINT
          value: {{ . }}
        {{- end }}
        {{- with .Values.search.authorizationSecret }}
        - name: SERINUS_SEARCH_AUTHORIZATION
          valueFrom:
            secretKeyRef:
              name: {{ . }}
              key: authorization
        {{- end }}
      ports:
        - name: http
          containerPort: 8080
        {{- if .Values.grpc.enabled }}
        - name: grpc
          containerPort: 8081
        {{- end }}
      startupProbe:
        httpGet:
          path: /healthz/ready
          port: http
        periodSeconds: 1
        timeoutSeconds: 2
        failureThreshold: {{ int .Values.server.loadSeconds }}
      readinessProbe:
        httpGet:
          path: /healthz/ready
          port: http
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 1
      livenessProbe:
        httpGet:
          path: /healthz/live
          port: http
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 3
      securityContext:
        {{- include "model-server.containerSecurityContext" . | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - name: model
          mountPath: /model
          readOnly: true
        - name: tmp
          mountPath: /tmp
        {{- if or .Values.search.configMap .Values.search.existingClaim }}
        - name: catalogue
          mountPath: /catalogue
          readOnly: true
        {{- end }}
  {{- include "model-server.volumes" . | nindent 2 }}
    {{- with include "model-server.catalogueVolume" . }}
    {{- . | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- /* The label by which the controller tells the pods of one version from another's. */ -}}
{{- define "model-server.hashLabel" -}}
{{ ternary "pod-template-hash" "rollouts-pod-template-hash" (eq .Values.strategy.type "rolling") }}
{{- end }}
