{{- /* Mistakes that span several values, each refused by a sentence with the value and what is allowed.
values.schema.json has refused wrong types, ranges and unknown names before this is read. */ -}}
{{- define "model-server.validate" -}}
{{- include "model-server.validateModel" . -}}
{{- include "model-server.validateCallers" . -}}
{{- include "model-server.validateSearch" . -}}
{{- include "model-server.validateEgress" . -}}
{{- include "model-server.validateStrategy" . -}}
{{- include "model-server.validateSteps" . -}}
{{- include "model-server.validateMirror" . -}}
{{- include "model-server.validateCapacity" . -}}
{{- include "model-server.validateFeedback" . -}}
{{- include "model-server.validateKept" . -}}
{{- include "model-server.validateGates" . -}}
{{- include "model-server.validateTimes" . -}}
{{- include "model-server.validateTemplatesExist" . -}}
{{- include "model-server.validateWeightsStay" . -}}
{{- include "model-server.validateGrpcHasWeights" . -}}
{{- include "model-server.validateKind" . -}}
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

{{- define "model-server.validateStrategy" -}}
{{- $strategy := .Values.strategy -}}
{{- if eq $strategy.router "none" -}}
{{- if eq $strategy.type "shadow" -}}
{{- fail "strategy.router must be istio with strategy.type shadow, since the number of pods mirrors nothing, not none" -}}
{{- end -}}
{{- if $strategy.testers.value -}}
{{- fail "strategy.testers.value needs strategy.router istio, since the number of pods reads no header, not none" -}}
{{- end -}}
{{- end -}}
{{- if and $strategy.testers.value (not (has $strategy.type (list "canary" "shadow"))) -}}
{{- fail (printf "strategy.testers.value needs strategy.type canary or shadow, not %s" $strategy.type) -}}
{{- end -}}
{{- if and .Values.golden.baseline (not (and (has $strategy.type (list "canary" "shadow")) (eq $strategy.router "istio"))) -}}
{{- fail (printf "golden.baseline needs strategy.type canary or shadow with router istio, whose steps can start a pod beside the release, not %s with router %s" $strategy.type $strategy.router) -}}
{{- end -}}
{{- if and .Values.golden.baseline (not (include "model-server.goldenGates" . | fromJsonArray)) -}}
{{- fail "golden.baseline needs one of gates.accuracy and gates.pairedLatency, which the fresh pod is started for" -}}
{{- end -}}
{{- if and (ne $strategy.type "rolling") (not (include "model-server.liveGates" . | fromJsonArray)) -}}
{{- fail (printf "strategy.type %s would give users to a candidate unwatched: enable one of gates.errors, gates.emptyTranscripts, gates.latency, gates.throughput and gates.feedback" $strategy.type) -}}
{{- end -}}
{{- end }}

{{- define "model-server.validateSteps" -}}
{{- $steps := .Values.strategy.steps -}}
{{- include "model-server.validateRising" (dict "name" "steps" "steps" $steps "field" "weight") -}}
{{- $last := last $steps -}}
{{- if and .Values.strategy.bake.enabled (le (int .Values.strategy.bake.minRequests) (int $last.minRequests)) -}}
{{- fail (printf "strategy.bake.minRequests must be above %d (that of the last step), not %d" (int $last.minRequests) (int .Values.strategy.bake.minRequests)) -}}
{{- end -}}
{{- end }}

{{- define "model-server.validateMirror" -}}
{{- include "model-server.validateRising" (dict "name" "shadow.steps" "steps" .Values.strategy.shadow.steps "field" "percentage") -}}
{{- if .Values.gates.disagreement.enabled -}}
{{- if ne .Values.strategy.type "shadow" -}}
{{- fail (printf "gates.disagreement needs strategy.type shadow, where both versions hear the same requests, not %s" .Values.strategy.type) -}}
{{- end -}}
{{- if not (and .Values.events.url .Values.events.text (include "model-server.goldenGates" . | fromJsonArray)) -}}
{{- fail "gates.disagreement needs events.url (the referee's /events), events.text and one of gates.accuracy and gates.pairedLatency, by which the referee knows the release" -}}
{{- end -}}
{{- end -}}
{{- $heard := int (last .Values.strategy.shadow.steps).minRequests -}}
{{- $first := int (first .Values.strategy.steps).minRequests -}}
{{- if and (eq .Values.strategy.type "shadow") (eq .Values.strategy.shadow.then "canary") (le $first $heard) -}}
{{- fail (printf "strategy.steps[0].minRequests must be above %d (that of the last shadow step, whose requests count too), not %d" $heard $first) -}}
{{- end -}}
{{- end }}

{{- define "model-server.validateCapacity" -}}
{{- with .Values.gates.capacity -}}
{{- if and .enabled (ne $.Values.strategy.type "blueGreen") -}}
{{- fail (printf "gates.capacity needs strategy.type blueGreen, whose preview has no users that the load could disturb, not %s" $.Values.strategy.type) -}}
{{- end -}}
{{- $least := add .seconds $.Values.server.longestRequestSeconds -}}
{{- if and .enabled (le (int .timeoutSeconds) (int $least)) -}}
{{- fail (printf "gates.capacity.timeoutSeconds must be above its seconds and server.longestRequestSeconds (%d), or it is over before the load, not %d" $least (int .timeoutSeconds)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "model-server.validateFeedback" -}}
{{- if .Values.gates.feedback.enabled -}}
{{- if not (has .Values.strategy.type (list "canary" "blueGreen")) -}}
{{- fail (printf "gates.feedback needs strategy.type canary or blueGreen, where users judge what the candidate answers, not %s" .Values.strategy.type) -}}
{{- end -}}
{{- if not (and .Values.events.url (include "model-server.goldenGates" . | fromJsonArray)) -}}
{{- fail "gates.feedback needs events.url (the referee's /events) and one of gates.accuracy and gates.pairedLatency, by which the referee knows the release" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* Takes: name under strategy, steps, and field, which must rise as minRequests must. */ -}}
{{- define "model-server.validateRising" -}}
{{- $before := dict .field 0 "minRequests" 0 -}}
{{- range $index, $step := .steps -}}
{{- range $field := list $.field "minRequests" -}}
{{- $value := int (index $step $field) -}}
{{- $least := int (index $before $field) -}}
{{- if le $value $least -}}
{{- fail (printf "strategy.%s[%d].%s must be above %d (that of the step before), not %d" $.name $index $field $least $value) -}}
{{- end -}}
{{- end -}}
{{- $before = $step -}}
{{- end -}}
{{- end }}

{{- /* Argo ends the gates after the switch when the old version goes, and calls that a success. */ -}}
{{- define "model-server.validateKept" -}}
{{- if eq .Values.strategy.type "blueGreen" -}}
{{- $least := int (include "model-server.afterSwitchSeconds" .) -}}
{{- if le (int .Values.strategy.blueGreen.keepSeconds) $least -}}
{{- fail (printf "strategy.blueGreen.keepSeconds must be above settleSeconds and the longest timeoutSeconds of a live gate (%d), or the gates after the switch end undecided and pass, not %d" $least (int .Values.strategy.blueGreen.keepSeconds)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* A Rollout that becomes a Deployment, or the reverse, would lose all its pods at once. */ -}}
{{- define "model-server.validateKind" -}}
{{- if .Release.IsUpgrade -}}
{{- $rolling := eq .Values.strategy.type "rolling" -}}
{{- $kind := ternary "Rollout" "Deployment" $rolling -}}
{{- $version := ternary "argoproj.io/v1alpha1" "apps/v1" $rolling -}}
{{- /* A cluster may know no Rollouts at all. */ -}}
{{- $known := .Capabilities.APIVersions.Has (printf "%s/%s" $version $kind) -}}
{{- if and $known (lookup $version $kind .Release.Namespace .Release.Name) -}}
{{- fail (printf "strategy.type cannot become %s while the release is a %s, whose pods would go before others came: install a second release beside it" .Values.strategy.type $kind) -}}
{{- end -}}
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
{{- if and .Values.gates.checkTemplates (ne .Values.strategy.type "rolling") (.Capabilities.APIVersions.Has $kind) (lookup "v1" "Namespace" "" "default") -}}
{{- range list "preview" "mirror" "live" -}}
{{- range include (printf "model-server.%sGates" .) $ | fromJsonArray -}}
{{- $template := include "model-server.analysisTemplate" (dict "root" $ "gate" .) -}}
{{- if not (lookup "argoproj.io/v1alpha1" "ClusterAnalysisTemplate" "" $template) -}}
{{- fail (printf "gates.%s needs the ClusterAnalysisTemplate %s, which this cluster lacks: install charts/rollout-policies first" . $template) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* A weights route of Helm's own manifest would be deleted by the upgrade that leaves it to the hook: 404 for all. */ -}}
{{- define "model-server.validateWeightsStay" -}}
{{- if and .Release.IsUpgrade (eq .Values.strategy.router "istio") (eq .Values.route.weightsManagedBy "hook") -}}
{{- $name := include "model-server.weights" . -}}
{{- $route := lookup "networking.istio.io/v1" "VirtualService" .Release.Namespace $name -}}
{{- if dig "metadata" "annotations" "meta.helm.sh/release-name" "" $route -}}
{{- fail (printf "route.weightsManagedBy must stay manifest, not hook: this upgrade would delete the VirtualService %s, and users would get 404" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* A release installed by a chart without gRPC has no such route, and a hook that runs at upgrades would reset weights. */ -}}
{{- define "model-server.validateGrpcHasWeights" -}}
{{- if and .Values.grpc.enabled (eq .Values.strategy.router "istio") .Release.IsUpgrade (eq .Values.route.weightsManagedBy "hook") -}}
{{- $http := lookup "networking.istio.io/v1" "VirtualService" .Release.Namespace (include "model-server.weights" .) -}}
{{- $name := include "model-server.weightsGrpc" . -}}
{{- if and $http (not (lookup "networking.istio.io/v1" "VirtualService" .Release.Namespace $name)) -}}
{{- fail (printf "grpc.enabled needs the VirtualService %s, which this release was installed without: install it anew" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}
