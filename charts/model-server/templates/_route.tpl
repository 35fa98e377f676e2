{{- /* What all of a user's requests have in common on their way to the weights, whatever their protocol. */ -}}
{{- define "model-server.userRoute" -}}
# Nobody outside speaks as the referee or as a predictor.
headers:
  request:
    remove:
      - x-serinus-probe
      - x-serinus-model-name
      - x-serinus-model-version
      - x-serinus-pod-template-hash
      - x-serinus-audio-seconds
      - x-serinus-queue-ms
      - x-serinus-inference-ms
# Of a request that was sent whole: Envoy does not count it for a WebSocket, which never is.
timeout: {{ int .Values.server.longestRequestSeconds }}s
# Only what no predictor can have begun: a request is never transcribed twice, a refusal (503) stays one.
retries:
  attempts: 2
  retryOn: connect-failure,refused-stream,reset-before-request
{{- end }}
