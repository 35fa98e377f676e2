{{- /* Mistakes that span several values, each refused by a sentence with the value and what is allowed.
values.schema.json has refused wrong types, ranges and unknown names before this is read. */ -}}
{{- define "model-server.validate" -}}
{{- include "model-server.validateModel" . -}}
{{- include "model-server.validateCallers" . -}}
{{- include "model-server.validateSearch" . -}}
{{- include "model-server.validateEgress" . -}}
{{- include "model-server.validateSteps" . -}}
{{- include "model-server.validateGates" . -}}
{{- include "model-server.validateTimes" . -}}
{{- include "model-server.validateTemplatesExist" . -}}
{{- include "model-server.validateWeightsStay" . -}}
{{- include "model-server.validateGrpcHasWeights" . -}}
{{- end }}

{{- define "model-server.validateModel" -}}
{{- $sources := compact (list .Values.model.image .Values.model.existingClaim .Values.model.hostPath) -}}
{{- if ne (len $sources) 1 -}}
{{- fail (printf "exactly one of model.image, model.existingClaim and model.hostPath must be set, not %d" (len $sources)) -}}
{{- end -}}
{{- if not (or .Values.model.image .Values.model.digest) -}}
{{- fail (printf "model.digest must be set (sha256:…) with the model at %s, or its new content would reach users ungated; it is empty" (first $sources)) -}}
{{- end -}}
{{- end }}

{{- define "model-server.validateCallers" -}}
{{- $server := .Values.server -}}
{{- if hasPrefix "x-serinus-" (lower $server.callerHeader) -}}
{{- fail (printf "server.callerHeader must not begin with x-serinus-, as the route removes such headers, not be %s" $server.callerHeader) -}}
{{- end -}}
{{- if and $server.callerQueueSeconds (not $server.callerHeader) -}}
{{- fail (printf "server.callerQueueSeconds (%v) needs server.callerHeader, which names the caller; it is empty" $server.callerQueueSeconds) -}}
{{- end -}}
{{- if and $server.callerQueueSeconds (ge (float64 $server.callerQueueSeconds) (float64 $server.queueSeconds)) -}}
{{- fail (printf "server.callerQueueSeconds must be below server.queueSeconds (%v), or one caller may fill the queue, not %v" $server.queueSeconds $server.callerQueueSeconds) -}}
{{- end -}}
{{- end }}

{{- define "model-server.validateSearch" -}}
{{- $search := .Values.search -}}
{{- $places := compact (list $search.configMap $search.existingClaim $search.url) -}}
{{- if gt (len $places) 1 -}}
{{- fail (printf "at most one of search.configMap, search.existingClaim and search.url may be set, not %d" (len $places)) -}}
{{- end -}}
{{- if and $search.authorizationSecret (not $search.url) -}}
{{- fail (printf "search.authorizationSecret (%s) needs search.url, whose engine asks for it; it is empty" $search.authorizationSecret) -}}
{{- end -}}
{{- end }}

{{- define "model-server.validateEgress" -}}
{{- if and .Values.networkPolicy.egressPorts (not (compact (list .Values.events.url .Values.search.url .Values.tracing.endpoint))) -}}
{{- fail (printf "networkPolicy.egressPorts (%v) would open what nothing asks: set events.url, search.url or tracing.endpoint, or none" (join ", " .Values.networkPolicy.egressPorts)) -}}
{{- end -}}
{{- if and .Values.events.text (not .Values.events.url) -}}
{{- fail "events.text needs events.url, where the words are sent; it is empty" -}}
{{- end -}}
{{- end }}

{{- define "model-server.validateSteps" -}}
{{- $before := dict "weight" 0 "minRequests" 0 -}}
{{- range $index, $step := .Values.strategy.steps -}}
{{- range $field := list "weight" "minRequests" -}}
{{- $value := int (index $step $field) -}}
{{- $least := int (index $before $field) -}}
{{- if le $value $least -}}
{{- fail (printf "strategy.steps[%d].%s must be above %d (that of the step before), not %d" $index $field $least $value) -}}
{{- end -}}
{{- end -}}
{{- $before = $step -}}
{{- end -}}
{{- if not (include "model-server.liveGates" . | fromJsonArray) -}}
{{- fail "strategy.steps would give users to a candidate unwatched: enable one of gates.errors, gates.latency and gates.throughput" -}}
{{- end -}}
{{- end }}

{{- define "model-server.validateGates" -}}
{{- range $name, $gate := omit .Values.gates "checkTemplates" -}}
{{- if and $gate.enabled (lt (int $gate.timeoutSeconds) (int $gate.intervalSeconds)) -}}
{{- fail (printf "gates.%s.timeoutSeconds must be at least its intervalSeconds (%d), or it never measures, not %d" $name (int $gate.intervalSeconds) (int $gate.timeoutSeconds)) -}}
{{- end -}}
{{- end -}}
{{- range include "model-server.goldenGates" . | fromJsonArray -}}
{{- if not $.Values.golden.set -}}
{{- fail (printf "gates.%s needs golden.set, the name of a golden set that the referee holds; it is empty" .) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "model-server.validateTimes" -}}
{{- $longest := int .Values.server.longestRequestSeconds -}}
{{- $least := addf .Values.server.deadlineSeconds (divf .Values.server.maxAudioSeconds 10) | ceil | int -}}
{{- if lt $longest $least -}}
{{- fail (printf "server.longestRequestSeconds must be at least deadlineSeconds + maxAudioSeconds / 10 (%d), not %d" $least $longest) -}}
{{- end -}}
{{- range list "abortScaleDownDelaySeconds" "scaleDownDelaySeconds" -}}
{{- $delay := int (index $.Values.strategy .) -}}
{{- if le $delay $longest -}}
{{- fail (printf "strategy.%s must be above server.longestRequestSeconds (%d), so that no answer is cut off, not %d" . $longest $delay) -}}
{{- end -}}
{{- end -}}
{{- $deadline := int .Values.strategy.progressDeadlineSeconds -}}
{{- if le $deadline (int .Values.server.loadSeconds) -}}
{{- fail (printf "strategy.progressDeadlineSeconds must be above server.loadSeconds (%d), or a loading model is aborted, not %d" (int .Values.server.loadSeconds) $deadline) -}}
{{- end -}}
{{- $grace := int (include "model-server.graceSeconds" .) -}}
{{- if le $deadline $grace -}}
{{- fail (printf "strategy.progressDeadlineSeconds must be above the pods' grace period (drainDelaySeconds + longestRequestSeconds + 5 = %d), not %d" $grace $deadline) -}}
{{- end -}}
{{- end }}

{{- /* Only a reachable cluster can be asked: it knows the kind (a plain `helm template` does not) and its default
namespace can be looked up (a GitOps renderer that is told the API versions cannot). */ -}}
{{- define "model-server.validateTemplatesExist" -}}
{{- $kind := "argoproj.io/v1alpha1/ClusterAnalysisTemplate" -}}
{{- if and .Values.gates.checkTemplates (.Capabilities.APIVersions.Has $kind) (lookup "v1" "Namespace" "" "default") -}}
{{- range concat (include "model-server.goldenGates" . | fromJsonArray) (include "model-server.liveGates" . | fromJsonArray) -}}
{{- $template := include "model-server.analysisTemplate" . -}}
{{- if not (lookup "argoproj.io/v1alpha1" "ClusterAnalysisTemplate" "" $template) -}}
{{- fail (printf "gates.%s needs the ClusterAnalysisTemplate %s, which this cluster lacks: install charts/rollout-policies first" . $template) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* A weights route of Helm's own manifest would be deleted by the upgrade that leaves it to the hook: 404 for all. */ -}}
{{- define "model-server.validateWeightsStay" -}}
{{- if and .Release.IsUpgrade (eq .Values.route.weightsManagedBy "hook") -}}
{{- $name := include "model-server.weights" . -}}
{{- $route := lookup "networking.istio.io/v1" "VirtualService" .Release.Namespace $name -}}
{{- if dig "metadata" "annotations" "meta.helm.sh/release-name" "" $route -}}
{{- fail (printf "route.weightsManagedBy must stay manifest, not hook: this upgrade would delete the VirtualService %s, and users would get 404" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* A release installed by a chart without gRPC has no such route, and a hook that runs at upgrades would reset weights. */ -}}
{{- define "model-server.validateGrpcHasWeights" -}}
{{- if and .Values.grpc.enabled .Release.IsUpgrade (eq .Values.route.weightsManagedBy "hook") -}}
{{- $http := lookup "networking.istio.io/v1" "VirtualService" .Release.Namespace (include "model-server.weights" .) -}}
{{- $name := include "model-server.weightsGrpc" . -}}
{{- if and $http (not (lookup "networking.istio.io/v1" "VirtualService" .Release.Namespace $name)) -}}
{{- fail (printf "grpc.enabled needs the VirtualService %s, which this release was installed without: install it anew" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}
