"""Sends one clip to a pod of each side and says what came back; knows nothing of walks, bounds or Kubernetes.

A refusal (503, 429), no connection and an answer broken off are tried again a few times, as a client would.
What the candidate does not give after that (refused, an error, a timeout, an answer broken off or without a
transcript) counts as every word wrong for it. The stable side is what is compared with: its errors and empty
transcripts count too, but where it refused or gave no answer there is nothing to compare with, and to count
its words wrong would credit the candidate with them. Five cases are no evidence: that one, the pod has gone
(asked again a while after the last attempt) or takes no connection any more (its node may be lost, which is
known only after most of a minute), another pod than the asked one answered, or neither side gave a
transcript, which compares nothing (a wrong path or a closed network would prove two versions equal).
"""

import logging
import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from rollout_policies.cost import REFUSALS, Meter
from rollout_policies.evidence import Pair, SideResult
from rollout_policies.golden.manifest import Clip
from rollout_policies.rollouts import Endpoint
from rollout_policies.word_errors import count_word_errors

PROBE_HEADERS = {"x-serinus-probe": "golden", "content-type": "audio/wav"}
POD_TEMPLATE_HASH = "x-serinus-pod-template-hash"
INFERENCE_MILLISECONDS = "x-serinus-inference-ms"

log = logging.getLogger(__name__)

# Waits for some seconds; True means that the walk is to stop.
Wait = Callable[[float], bool]
IsReady = Callable[[Endpoint], bool]

NO_CONNECTION, BROKEN_ANSWER = "no connection", "broken answer"
# A pod that went while it was asked is known to have gone after two of the referee's looks, 2 s each.
SECONDS_UNTIL_KNOWN_GONE = 5.0


@dataclass(frozen=True)
class ProbeLimits:
    """How long an answer may take and how a refusal is retried, in seconds."""

    timeout_seconds: float = 40.0
    connect_seconds: float = 3.0
    attempts: int = 6
    first_backoff_seconds: float = 0.25
    longest_backoff_seconds: float = 5.0
    until_known_gone_seconds: float = SECONDS_UNTIL_KNOWN_GONE


@dataclass(frozen=True)
class Discarded:
    """A pair that is no evidence, and why."""

    reason: str


class Prober:
    """Probes pods over one HTTP client; `wait` pauses between attempts, `is_ready` says whether a pod still
    is."""

    def __init__(self, client: httpx.Client, limits: ProbeLimits, wait: Wait, is_ready: IsReady) -> None:
        self._client, self._limits, self._wait, self._is_ready = client, limits, wait, is_ready
        self._meter = Meter()

    def rest(self) -> None:
        """Say that nothing is sent for a while, for want of pods."""
        self._meter.rest()

    def warm_up(self, clip: Clip, endpoint: Endpoint) -> None:
        """Send a clip whose answer is no evidence: a pod's first inference is slower than those to come."""
        self._probe(clip, clip.path.read_bytes(), endpoint)

    def probe_pair(
        self, clip: Clip, stable: Endpoint, candidate: Endpoint, rng: random.Random
    ) -> Pair | Discarded:
        """Send a clip to both sides, one after the other in random order; discard it where stable gave
        nothing."""
        audio = clip.path.read_bytes()
        results: dict[Endpoint, SideResult] = {}
        for endpoint in rng.sample([stable, candidate], k=2):
            result = self._probe(clip, audio, endpoint)
            if isinstance(result, Discarded):
                return result
            if endpoint == stable and _gave_nothing(result):
                return Discarded(
                    f"stable gave nothing to compare with: {stable.pod} of {clip.name}: {result.reason}"
                )
            results[endpoint] = result
        both = (results[stable], results[candidate])
        if all(side.reason for side in both):
            return Discarded(
                f"neither side gave a transcript of {clip.name}: "
                f"{stable.pod} {both[0].reason}, {candidate.pod} {both[1].reason}"
            )
        cost = self._meter.take(candidate.pod_template_hash)
        return Pair(clip.name, time.time(), *both, cost)

    def _probe(self, clip: Clip, audio: bytes, endpoint: Endpoint) -> SideResult | Discarded:
        reason, response, attempt = "", None, 0
        for attempt in range(1, self._limits.attempts + 1):
            reason, response = self._counted(clip, audio, endpoint, attempt)
            if response is not None and _other_pod(response, endpoint):
                return Discarded(
                    f"{endpoint.url} was answered by hash {response.headers.get(POD_TEMPLATE_HASH)!r}, "
                    f"not by {endpoint.pod} of {endpoint.pod_template_hash!r}"
                )
            if not _worth_retrying(reason, response) or attempt == self._limits.attempts:
                break
            gone = self._gone_after(self._backoff(attempt, response), endpoint, reason)
            if gone is not None:
                return gone
        if response is None:
            gone = self._gone_after(self._limits.until_known_gone_seconds, endpoint, reason)
            if gone is not None:
                return gone
            if not self._takes_connections(endpoint):
                return Discarded(f"{endpoint.pod} takes no connection ({reason})")
        return _judged(clip, endpoint, attempt, reason, response)

    def _gone_after(self, seconds: float, endpoint: Endpoint, reason: str) -> Discarded | None:
        """Wait, then say whether there is nobody left to ask, or no one who asks."""
        if self._wait(seconds):
            return Discarded("the walk was stopped")
        return (
            None if self._is_ready(endpoint) else Discarded(f"{endpoint.pod} is no longer ready ({reason})")
        )

    def _takes_connections(self, endpoint: Endpoint) -> bool:
        url = httpx.URL(endpoint.url)
        try:
            socket.create_connection((url.host, url.port or 80), self._limits.connect_seconds).close()
        except OSError:
            return False
        return True

    def _counted(
        self, clip: Clip, audio: bytes, endpoint: Endpoint, attempt: int
    ) -> tuple[str, httpx.Response | None]:
        self._meter.begin()
        reason, response = self._ask(endpoint.url, audio)
        status = response.status_code if response is not None else 0
        self._meter.count(
            *(endpoint.pod_template_hash, clip.duration_seconds, status),
            *(_milliseconds(response), attempt > 1),
        )
        return reason, response

    def _ask(self, url: str, audio: bytes) -> tuple[str, httpx.Response | None]:
        timeout = httpx.Timeout(self._limits.timeout_seconds, connect=self._limits.connect_seconds)
        try:
            response = self._client.post(url, content=audio, headers=PROBE_HEADERS, timeout=timeout)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return f"{NO_CONNECTION} ({error})", None
        except httpx.TimeoutException:
            return f"no answer in {self._limits.timeout_seconds:g} s", None
        except httpx.HTTPError as error:
            return f"{BROKEN_ANSWER} ({error})", None
        return "" if response.status_code == 200 else f"status {response.status_code}", response

    def _backoff(self, attempt: int, response: httpx.Response | None) -> float:
        asked = response.headers.get("retry-after", "") if response is not None else ""
        seconds = float(asked) if asked.isdigit() else self._limits.first_backoff_seconds * 2 ** (attempt - 1)
        return min(seconds, self._limits.longest_backoff_seconds)


def _other_pod(response: httpx.Response, endpoint: Endpoint) -> bool:
    said = response.headers.get(POD_TEMPLATE_HASH)
    # An error page made below the predictor's own code may lack the header; a transcript may not.
    return said != endpoint.pod_template_hash and (said is not None or response.status_code == 200)


def _gave_nothing(side: SideResult) -> bool:
    return side.status == 0 or side.status in REFUSALS


def _worth_retrying(reason: str, response: httpx.Response | None) -> bool:
    if response is None:
        return reason.startswith((NO_CONNECTION, BROKEN_ANSWER))
    return response.status_code in REFUSALS


def _judged(
    clip: Clip, endpoint: Endpoint, attempts: int, reason: str, response: httpx.Response | None
) -> SideResult:
    text = None if reason or response is None else _transcript(response)
    if text is None:
        reason = reason or "an answer without predictions[0].text"
        log.warning("%s of %s: %s after %d attempts", endpoint.pod, clip.name, reason, attempts)
    return SideResult(
        text=text or "",
        word_errors=clip.words if text is None else count_word_errors(clip.reference, text),
        status=response.status_code if response is not None else 0,
        reason=reason,
        inference_ms=_milliseconds(response) if text is not None else None,
        attempts=attempts,
        pod=endpoint.pod,
    )


def _transcript(response: httpx.Response) -> str | None:
    try:
        text = response.json()["predictions"][0]["text"]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return text if isinstance(text, str) else None


def _milliseconds(response: httpx.Response | None) -> float | None:
    try:
        value = float(response.headers[INFERENCE_MILLISECONDS]) if response is not None else 0.0
    except (KeyError, ValueError):
        return None
    return value if 0 < value < float("inf") else None
